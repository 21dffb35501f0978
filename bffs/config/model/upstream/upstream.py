"""The model of an upstream: the addresses of a service, and the policy of its calls."""

from collections import Counter
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from weir.bffs.config.model.limits.rate_limit import RateLimitSection
from weir.bffs.config.model.section import Section
from weir.bffs.config.model.upstream.calls import (
    BreakerSection,
    ConcurrencySection,
    HedgeSection,
    RetrySection,
    TimeoutSection,
)
from weir.bffs.config.model.upstream.connections import ConnectionsSection, TlsSection
from weir.bffs.config.model.upstream.credentials import CredentialsSection
from weir.bffs.config.model.upstream.discovery import DiscoverySection
from weir.bffs.config.model.upstream.errors import ErrorsSection
from weir.bffs.config.model.upstream.headers import HeadersSection
from weir.bffs.config.model.upstream.instances import (
    HashOnSection,
    HealthSection,
    InstanceSection,
)
from weir.bffs.config.model.upstream.responses import CacheSection, FallbackSection
from weir.bffs.config.model.values.scalars import Delay, Duration, Size
from weir.bffs.config.model.values.texts import Name
from weir.bffs.config.model.values.urls import HttpUrl, ProxyUrl
from weir.gateway.transport.policy import ContentCoding, TransportName, TransportPolicy
from weir.gateway.upstreams.model.policy import Balancing, UpstreamPolicy

# The defaults are those of the policies.
_TRANSPORT = TransportPolicy()
_UPSTREAM = UpstreamPolicy(name="")

OperationName = Annotated[str, Field(min_length=1)]


def _as_url(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class OperationTimeoutSection(Section):
    """Longest times of a call of one operation."""

    attempt: Duration | None = None
    """For one attempt, in place of the upstream's."""
    total: Duration | None = None
    """For the call with its retries, in place of the upstream's."""


class OperationSection(Section):
    """Settings of one operation that differ from its upstream's."""

    timeout: OperationTimeoutSection = OperationTimeoutSection()
    breaker: BreakerSection | None = None
    """Circuit breaker of the operation; its calls do not count for the upstream's."""
    fallback: FallbackSection | None = None
    """Responses to its failed reads, in place of the upstream's."""


class UpstreamDefaultsSection(Section):
    """Settings of all upstreams; an upstream's own settings replace them key by key.

    The keys are those of `upstreams.{name}`, without `instances`, `discovery`,
    `operations`, `rate_limits` and `credentials`.
    """

    transport: TransportName = _TRANSPORT.kind
    """Protocol; `httpx` supports both and proxies, but is far slower."""
    proxy: ProxyUrl = _TRANSPORT.proxy
    """URL of a proxy; needs `transport: httpx`."""
    balancing: Balancing = _UPSTREAM.balancing
    """Load balancing."""
    hash_on: HashOnSection | None = None
    slow_start: Delay = _UPSTREAM.slow_start_s
    """Time in which a recovered instance reaches its full weight."""
    health: HealthSection = HealthSection()
    timeout: TimeoutSection = TimeoutSection()
    retry: RetrySection = RetrySection()
    hedge: HedgeSection | None = None
    breaker: BreakerSection = BreakerSection()
    fallback: FallbackSection | None = None
    connections: ConnectionsSection = ConnectionsSection()
    concurrency: ConcurrencySection = ConcurrencySection()
    coalesce: bool = _UPSTREAM.coalesce
    """Share one call among identical safe calls in flight."""
    cache: CacheSection | None = None
    tls: TlsSection = TlsSection()
    headers: HeadersSection = HeadersSection()
    errors: ErrorsSection = ErrorsSection()
    max_response: Size = _TRANSPORT.max_response_bytes
    """Largest body of a response, decompressed. Above 4 MiB, it also raises the number
    of names and values in JSON from 524,288 to one for each 3 bytes."""
    accept_encoding: list[ContentCoding] = list(_TRANSPORT.accept_encoding)
    """Content codings that calls request, in `Accept-Encoding`; `[]` for none."""
    max_response_headers: Size = _TRANSPORT.max_header_bytes
    """Largest status line and headers of a response."""


class UpstreamSection(UpstreamDefaultsSection):
    """A service that the gateway calls."""

    instances: list[
        Annotated[
            InstanceSection,
            BeforeValidator(_as_url, json_schema_input_type=HttpUrl | InstanceSection),
        ]
    ] = []
    """Addresses: URLs, or `{url, weight}`."""
    discovery: DiscoverySection | None = None
    """Source of the instances, in place of `instances`."""
    credentials: CredentialsSection | None = None
    rate_limits: dict[Name, RateLimitSection] = {}
    """Limits of the calls of all façades and routes together; a call has to pass all.
    Cached responses do not count. `unit: cost`, `adaptive` and `max_backoff` are for
    other limits."""
    operations: dict[OperationName, OperationSection] = {}
    """Different settings, by the name of a GraphQL operation or an endpoint such as
    `GET /users/{id}`."""

    @model_validator(mode="after")
    def _check_instances(self) -> Self:
        if bool(self.instances) == (self.discovery is not None):
            message = "expected either `instances` or `discovery`"
            raise ValueError(message)
        urls = Counter(each.url.rstrip("/") for each in self.instances)
        if twice := next((url for url in urls if urls[url] > 1), ""):
            message = f"{twice} is listed twice; set its weight instead"
            raise ValueError(message)
        if self.proxy and self.transport != "httpx":
            message = "a proxy needs `transport: httpx`"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_credentials(self) -> Self:
        if self.credentials is not None and self.headers.sends(b"authorization"):
            message = (
                "`credentials` has no effect, because `headers` sends `authorization`"
                " already"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _check_fallback_cache(self) -> Self:
        fallbacks = (
            self.fallback,
            *(each.fallback for each in self.operations.values()),
        )
        if self.cache is None and any(each and each.stale for each in fallbacks):
            message = "a stale fallback needs `cache`"
            raise ValueError(message)
        return self
