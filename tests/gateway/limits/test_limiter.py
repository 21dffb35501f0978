"""Several limits at once, and their state across reloads."""

import asyncio
from asyncio import Future
from collections.abc import Callable

import pytest

from weir.gateway.context import ANONYMOUS
from weir.gateway.limits.bucket import Decision, Level, Use
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.headers import LimitHeaders
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.limiter import RateLimiter, limit_buckets
from weir.gateway.limits.policy import RateLimit

ADA = Caller("192.0.2.1", {}, ANONYMOUS)
BOB = Caller("192.0.2.2", {}, ANONYMOUS)
EVERYBODY = RateLimit(name="all", count=3, window_s=1, burst=3)
EACH = RateLimit(
    name="each", count=60, window_s=60, burst=2, key=LimitKey(("address",))
)


def both() -> RateLimiter:
    return RateLimiter(limit_buckets((EVERYBODY, EACH), {}).values())


def test_all_limits_have_to_allow_a_request_and_a_rejected_one_takes_nothing() -> None:
    limiter = both()
    limiter.take(ADA, 0)
    limiter.take(ADA, 0)
    for _ in range(10):
        with pytest.raises(RateLimited, match='"each" allows 60 requests per 60 s'):
            limiter.take(ADA, 0)

    limiter.take(BOB, 0)

    with pytest.raises(RateLimited, match='"all"') as rejected:
        limiter.take(BOB, 0)
    assert rejected.value.response_headers == ((b"retry-after", b"1"),)


def test_a_request_waits_for_the_limit_that_opens_last() -> None:
    limiter = both()
    for caller in (ADA, ADA, BOB):
        limiter.take(caller, 0)

    with pytest.raises(RateLimited) as rejected:
        limiter.take(ADA, 0.1)

    assert rejected.value.limit is EACH


def test_the_state_of_a_limit_survives_a_reload_and_a_changed_one_starts_anew() -> None:
    def limit(count: int) -> RateLimit:
        return RateLimit(name="all", count=count, window_s=60, burst=1)

    first = limit_buckets([limit(1)], {})
    RateLimiter(first.values()).take(ADA, 0)

    same = limit_buckets([limit(1)], first)
    changed = limit_buckets([limit(2)], same)

    with pytest.raises(RateLimited):
        RateLimiter(same.values()).take(ADA, 0)
    RateLimiter(changed.values()).take(ADA, 0)


def test_limits_are_described_in_the_header() -> None:
    limiter = both()
    limiter.take(ADA, 0)

    fields = dict(LimitHeaders.of(limiter.limits).fields(limiter.peek(ADA, 0)))

    assert fields == {
        b"ratelimit-policy": b'"all";q=3;w=1, "each";q=2;w=2',
        b"ratelimit": b'"all";r=2;t=1, "each";r=1;t=1',
        b"x-ratelimit-limit": b"2",
        b"x-ratelimit-remaining": b"1",
        b"x-ratelimit-reset": b"1",
    }


class CalledStates:
    """The states of a limit that only a store knows; it replies when released."""

    def __init__(self, limit: RateLimit, released: asyncio.Event) -> None:
        self.limit = limit
        self.calls = 0
        self._buckets = Buckets(limit)
        self._released = released

    @property
    def left(self) -> int:
        return self.peek(self.limit.key.digest(ADA), 0).remaining

    def peek(self, key: bytes, now_s: float) -> Level:
        return self._buckets.peek(key, now_s)

    async def read(self, key: bytes, now_s: float) -> Use:
        await self._released.wait()
        return await self._buckets.read(key, now_s)

    def take(
        self, key: bytes, now_s: float, cost: int = 1
    ) -> Callable[[], Future[Decision]]:
        async def reply() -> Decision:
            await self._released.wait()
            return self._buckets.take(key, now_s, cost)

        def call() -> Future[Decision]:
            self.calls += 1
            return asyncio.ensure_future(reply())

        return call

    def refund(self, key: bytes, cost: int = 1) -> None:
        self._buckets.refund(key, cost)

    def lower(self, limit: RateLimit) -> None:
        self._buckets.lower(limit)


async def test_all_shared_limits_are_called_at_once_and_a_rejection_takes_nothing() -> (
    None
):
    released = asyncio.Event()
    shared, small = CalledStates(EVERYBODY, released), CalledStates(EACH, released)
    limiter = RateLimiter([shared, small])

    first = limiter.take(ADA, 0, cost=2)
    assert first is not None
    waiting = asyncio.create_task(first)
    await asyncio.sleep(0)
    assert (shared.calls, small.calls) == (1, 1)
    released.set()
    await waiting
    assert (shared.left, small.left) == (1, 0)

    second = limiter.take(ADA, 0)
    assert second is not None
    with pytest.raises(RateLimited, match='"each"'):
        await second
    assert (shared.left, small.left) == (1, 0)


def test_a_rejection_in_this_process_calls_no_store() -> None:
    shared = CalledStates(EVERYBODY, asyncio.Event())
    limiter = RateLimiter([shared, Buckets(EACH)])

    with pytest.raises(RateLimited, match='"each"'):
        limiter.take(ADA, 0, cost=3)

    assert shared.calls == 0
