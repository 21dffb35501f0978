"""Rate limits as response header fields.

`RateLimit-Policy` and `RateLimit` follow draft-ietf-httpapi-ratelimit-headers-10. Their
partition key is left out: it could reveal an identity. `X-RateLimit-*` is for clients
that know the older fields, and describes the limit with the smallest share left, of
those that count requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final, Self, TypeAlias

from weir.gateway.headers import Headers
from weir.gateway.limits.bucket import Level
from weir.gateway.limits.policy import RateLimit

Field: TypeAlias = tuple[bytes, bytes]
_LIMIT: Final = b"x-ratelimit-limit"
_REMAINING: Final = b"x-ratelimit-remaining"
_RESET: Final = b"x-ratelimit-reset"


@dataclass(frozen=True, slots=True)
class LimitHeaders:
    """The fields of a response for the same limits each time, at least one.

    `state` is a template of `RateLimit`. `older` are the places of the limits that the
    older fields describe, with their bursts, and the field for each.
    """

    policy: Field
    state: bytes
    older: tuple[tuple[int, int, Field], ...]

    @classmethod
    def of(cls, limits: Sequence[RateLimit]) -> Self:
        """Return the fields for limits."""
        each_older = [
            (index, each.burst, (_LIMIT, b"%d" % each.burst))
            for index, each in enumerate(limits)
        ]
        of_requests = [
            each for each in each_older if limits[each[0]].unit == "requests"
        ]
        names = [each.name.replace("%", "%%") for each in limits]
        return cls(
            (b"ratelimit-policy", ", ".join(map(_policy, limits)).encode()),
            ", ".join(f'"{name}";r=%d;t=%d' for name in names).encode(),
            tuple(of_requests or each_older),
        )

    def fields(self, levels: Sequence[Level]) -> Headers:
        """Return the fields for the tokens left of each limit, in the same order."""
        numbers: list[int] = []
        for level in levels:
            numbers += (level.remaining, ceil(level.reset_s))
        place, _, limit = self.older[0]
        if len(self.older) > 1:
            place, _, limit = min(
                self.older, key=lambda each: levels[each[0]].remaining / each[1]
            )
        return (
            self.policy,
            (b"ratelimit", self.state % tuple(numbers)),
            limit,
            (_REMAINING, b"%d" % numbers[2 * place]),
            (_RESET, b"%d" % numbers[2 * place + 1]),
        )


def without_limits(headers: Headers) -> Headers:
    """Return header fields without those in which a service describes its limits."""
    for name, _ in headers:
        if _describes_limits(name):
            return tuple(line for line in headers if not _describes_limits(line[0]))
    return headers


@lru_cache(maxsize=256)
def _describes_limits(name: bytes) -> bool:
    return b"ratelimit" in name


def _policy(limit: RateLimit) -> str:
    unit = "" if limit.unit == "requests" else f';qu="{limit.unit}"'
    window_s = ceil(limit.capacity_s)
    return f'"{limit.name}";q={limit.burst}{unit};w={window_s}'
