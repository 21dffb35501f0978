"""The generic cell rate algorithm: a token bucket whose state is one instant.

The state of a key is its theoretical arrival time: the instant at which its bucket is
full again. A key that is absent has a full bucket. See ITU-T I.371, and
https://brandur.org/rate-limiting for the algorithm in terms of HTTP.
"""

from math import floor, inf
from typing import Final

from msgspec import Struct

from weir.gateway.limits.policy import RateLimit

# Sums of intervals differ from their product by less than this.
_ROUNDING_S: Final = 1e-9


class Decision(Struct, frozen=True, gc=False):
    """The outcome of one request at one limit.

    `full_at_s` is the state to store. `retry_after_s` is the time until the same
    request would pass: 0 if it passes now, infinite if it is larger than the bucket.
    """

    allowed: bool
    full_at_s: float
    retry_after_s: float


class Level(Struct, frozen=True, gc=False):
    """The tokens of a bucket: the number left, and the time until it is full."""

    remaining: int
    reset_s: float


class Use(Struct, frozen=True):
    """The use of a limit by one key.

    `used` are the tokens that are known to be taken. A process that has only a share of
    the limit, as the shared store is down, has fewer `left` than the rest.
    """

    used: int
    left: Level


def decide(
    limit: RateLimit, full_at_s: float | None, now_s: float, cost: int = 1
) -> Decision:
    """Decide on a request of `cost` tokens."""
    current_s = now_s if full_at_s is None or full_at_s < now_s else full_at_s
    after_s = current_s + cost * limit.interval_s
    wait_s = after_s - now_s - limit.capacity_s
    if wait_s <= _ROUNDING_S:
        return Decision(True, after_s, 0.0)  # noqa: FBT003 - keywords take longer
    retry_after_s = inf if cost > limit.burst else wait_s
    return Decision(allowed=False, full_at_s=current_s, retry_after_s=retry_after_s)


def level(limit: RateLimit, full_at_s: float | None, now_s: float) -> Level:
    """Return the tokens that a bucket has."""
    if full_at_s is None or full_at_s < now_s:
        return Level(limit.burst, 0.0)
    reset_s = full_at_s - now_s
    left = (limit.capacity_s - reset_s) / limit.interval_s + _ROUNDING_S
    return Level(floor(left) if left > 0 else 0, reset_s)


def refunded(limit: RateLimit, full_at_s: float, cost: int) -> float:
    """Return the state after `cost` tokens of an earlier request came back."""
    return full_at_s - cost * limit.interval_s


def time_to_token_s(limit: RateLimit, left: Level) -> float:
    """Return the time until the next request would pass, 0 if it does already."""
    wait_s = left.reset_s - limit.interval_s * (limit.burst - 1)
    return wait_s if wait_s > _ROUNDING_S else 0.0
