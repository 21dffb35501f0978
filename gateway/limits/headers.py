"""Rate limits as response header fields.

`RateLimit-Policy` and `RateLimit` follow draft-ietf-httpapi-ratelimit-headers-10. Their
partition key is left out: it could reveal an identity. `X-RateLimit-*` is for clients
that know the older fields, and describes the limit with the smallest share left, of
those that count requests.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Final, Self

from weir.gateway.headers import Headers
from weir.gateway.limits.bucket import Level
from weir.gateway.limits.policy import RateLimit

_LIMIT: Final = b"x-ratelimit-limit"
_REMAINING: Final = b"x-ratelimit-remaining"
_RESET: Final = b"x-ratelimit-reset"
_SUBJECT: Final = b"ratelimit"
"""A part of the names of all fields that describe limits."""
_USUAL_NUMBERS: Final = 512
_USUAL: Final = frozenset(
    {b"content-type", b"cache-control", b"vary", b"x-request-id", b"etag", b"age"}
)
"""Fields of most responses, whose names need not be searched."""


@dataclass(frozen=True, slots=True)
class LimitHeaders:
    """The fields of a response for the same limits each time, at least one.

    `write` returns the fields for the tokens left and the whole seconds until all are
    back, of each limit in turn. Most responses have numbers that an earlier one had.
    """

    write: Callable[[tuple[int, ...]], Headers]

    @classmethod
    def of(cls, limits: Sequence[RateLimit]) -> Self:
        """Return the fields for limits."""
        return cls(lru_cache(_USUAL_NUMBERS)(_writer(limits)))

    def fields(self, levels: Sequence[Level]) -> Headers:
        """Return the fields for the tokens left of each limit, in the same order."""
        numbers: list[int] = []
        for level in levels:
            numbers += (level.remaining, ceil(level.reset_s))
        return self.write(tuple(numbers))


def _writer(limits: Sequence[RateLimit]) -> Callable[[tuple[int, ...]], Headers]:
    """Return the function that writes the fields for limits."""
    policy = b"ratelimit-policy", ", ".join(map(_policy, limits)).encode()
    names = [each.name.replace("%", "%%") for each in limits]
    state = ", ".join(f'"{name}";r=%d;t=%d' for name in names).encode()
    bursts = [(index, each.burst) for index, each in enumerate(limits)]
    of_requests = [each for each in bursts if limits[each[0]].unit == "requests"]
    older = of_requests or bursts

    def write(numbers: tuple[int, ...]) -> Headers:
        place, burst = min(older, key=lambda each: numbers[2 * each[0]] / each[1])
        return (
            policy,
            (b"ratelimit", state % numbers),
            (_LIMIT, b"%d" % burst),
            (_REMAINING, b"%d" % numbers[2 * place]),
            (_RESET, b"%d" % numbers[2 * place + 1]),
        )

    return write


def without_limits(headers: Headers) -> Headers:
    """Return header fields without those in which a service describes its limits."""
    for name, _ in headers:
        if name not in _USUAL and _SUBJECT in name:
            return tuple([line for line in headers if _SUBJECT not in line[0]])
    return headers


def _policy(limit: RateLimit) -> str:
    unit = "" if limit.unit == "requests" else f';qu="{limit.unit}"'
    window_s = ceil(limit.capacity_s)
    return f'"{limit.name}";q={limit.burst}{unit};w={window_s}'
