"""Rate limits as response header fields.

`RateLimit-Policy` and `RateLimit` follow draft-ietf-httpapi-ratelimit-headers-10. Their
partition key is left out: it could reveal an identity. `X-RateLimit-*` is for clients
that know the older fields, and describes the limit with the smallest share left, of
those that count requests.
"""

from collections.abc import Sequence
from math import ceil

from weir.gateway.headers import Headers
from weir.gateway.limits.bucket import Decision
from weir.gateway.limits.policy import RateLimit


def limit_headers(limits: Sequence[RateLimit], states: Sequence[Decision]) -> Headers:
    """Return the fields for limits (at least one) and their states."""
    pairs = list(zip(limits, states, strict=True))
    policies = ", ".join(_policy(limit) for limit, _ in pairs)
    items = ", ".join(
        f'"{limit.name}";r={state.remaining};t={ceil(state.reset_s)}'
        for limit, state in pairs
    )
    of_requests = [pair for pair in pairs if pair[0].unit == "requests"]
    limit, state = min(
        of_requests or pairs, key=lambda pair: pair[1].remaining / pair[0].burst
    )
    return (
        (b"ratelimit-policy", policies.encode()),
        (b"ratelimit", items.encode()),
        (b"x-ratelimit-limit", b"%d" % limit.burst),
        (b"x-ratelimit-remaining", b"%d" % state.remaining),
        (b"x-ratelimit-reset", b"%d" % ceil(state.reset_s)),
    )


def _policy(limit: RateLimit) -> str:
    unit = "" if limit.unit == "requests" else f';qu="{limit.unit}"'
    window_s = ceil(limit.interval_s * limit.burst)
    return f'"{limit.name}";q={limit.burst}{unit};w={window_s}'
