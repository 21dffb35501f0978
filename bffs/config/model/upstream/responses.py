"""The sections on responses without a call: the cache, and fallbacks."""

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Delay, Status
from weir.bffs.config.model.values.texts import HeaderName, HeaderValue
from weir.gateway.upstreams.model.policy import (
    CachePolicy,
    FallbackPolicy,
    StaticResponse,
)

# The defaults are those of the policies.
_CACHE = CachePolicy()
_FALLBACK = FallbackPolicy()
_STATIC_RESPONSE = StaticResponse()


class CacheSection(Section):
    """Response cache; it stores responses that declare their freshness."""

    ttl: Delay = _CACHE.ttl_s
    """Freshness of responses that declare none; 0s does not store these."""
    stale_while_revalidate: Delay = _CACHE.stale_while_revalidate_s
    """Time after expiry in which a stale response is used while it is refreshed."""
    stale_if_error: Delay = _CACHE.stale_if_error_s
    """Time after expiry in which a stale response is used if the service fails."""


class StaticResponseSection(Section):
    """A static response."""

    status: Status = _STATIC_RESPONSE.status
    """Status."""
    headers: dict[HeaderName, HeaderValue] = {}
    """Header fields."""
    body: str = ""
    """Body."""


class FallbackSection(Section):
    """Responses to reads that fail or that the circuit breaker rejects."""

    stale: Delay = _FALLBACK.stale_s
    """First: a cached response that is at most this stale; needs `cache`."""
    response: StaticResponseSection | None = None
    """Then: this response; without it, the error."""
