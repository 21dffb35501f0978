"""Rate limits as response header fields.

`RateLimit-Policy` and `RateLimit` follow draft-ietf-httpapi-ratelimit-headers-10. Their
partition key is left out: it could reveal an identity. `X-RateLimit-*` is for clients
that know the older fields, and describes the limit with the smallest share left, of
those that count requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Self

from weir.gateway.headers import Headers
from weir.gateway.limits.bucket import Decision
from weir.gateway.limits.policy import RateLimit


@dataclass(frozen=True, slots=True)
class LimitHeaders:
    """The fields of a response for the same limits each time, at least one.

    `names` are those of the limits in `RateLimit`. `older` are the places of the limits
    that the older fields describe, and their bursts.
    """

    policy: bytes
    names: tuple[bytes, ...]
    older: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, limits: Sequence[RateLimit]) -> Self:
        """Return the fields for limits."""
        bursts = [(index, each.burst) for index, each in enumerate(limits)]
        of_requests = [
            (index, burst)
            for index, burst in bursts
            if limits[index].unit == "requests"
        ]
        return cls(
            ", ".join(map(_policy, limits)).encode(),
            tuple(f'"{each.name}"'.encode() for each in limits),
            tuple(of_requests or bursts),
        )

    def fields(self, states: Sequence[Decision]) -> Headers:
        """Return the fields for the states of the limits, in the same order."""
        items = [
            b"%b;r=%d;t=%d" % (name, state.remaining, ceil(state.reset_s))
            for name, state in zip(self.names, states, strict=True)
        ]
        index, burst = self.older[0]
        if len(self.older) > 1:
            index, burst = min(
                self.older, key=lambda each: states[each[0]].remaining / each[1]
            )
        state = states[index]
        return (
            (b"ratelimit-policy", self.policy),
            (b"ratelimit", b", ".join(items)),
            (b"x-ratelimit-limit", b"%d" % burst),
            (b"x-ratelimit-remaining", b"%d" % state.remaining),
            (b"x-ratelimit-reset", b"%d" % ceil(state.reset_s)),
        )


def _policy(limit: RateLimit) -> str:
    unit = "" if limit.unit == "requests" else f';qu="{limit.unit}"'
    window_s = ceil(limit.interval_s * limit.burst)
    return f'"{limit.name}";q={limit.burst}{unit};w={window_s}'
