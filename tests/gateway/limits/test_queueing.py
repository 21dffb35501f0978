"""Requests that wait for their tokens: in time, bounded, and fair between clients."""

import asyncio

import pytest

from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from weir.gateway.clock import SystemClock
from weir.gateway.context import ANONYMOUS
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import LimitKey
from weir.gateway.limits.limiter import RateLimiter, limit_buckets
from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.queueing import MAX_WAITING, QueueingLimiter

ADDRESS = LimitKey(("address",))
NEVER_S = 1e9


def caller(number: int) -> Caller:
    return Caller(f"192.0.2.{number}", {}, ANONYMOUS)


ADA, BOB, EVE = (caller(each) for each in (1, 2, 3))


class World:
    """A limit of one request per second; the time only passes when told to."""

    def __init__(self, wait_s: float, key: LimitKey | None = None) -> None:
        self.clock = FakeClock()
        limit = RateLimit(
            name="x",
            count=1,
            window_s=1,
            burst=1,
            key=key or LimitKey(),
            wait_s=wait_s,
        )
        self.buckets = limit_buckets([limit], {})
        self.limiter = QueueingLimiter(RateLimiter(self.buckets.values()), self.clock)
        self.passed: list[str] = []

    def send(self, sent_by: Caller) -> asyncio.Task[None] | None:
        waiting = self.limiter.take(sent_by, self.clock.now_s)
        if waiting is None:
            self.passed.append(sent_by.address)
            return None

        async def wait() -> None:
            await waiting
            self.passed.append(sent_by.address)

        return asyncio.create_task(wait())

    async def pass_time(self, seconds: int) -> None:
        """Let the time pass, second by second."""
        for _ in range(seconds):
            self.clock.advance(1)
            # The arrival of any request serves those that wait, as does the timer.
            self.limiter._serve()  # noqa: SLF001 - the timer runs in real time
            await asyncio.sleep(0)
            await asyncio.sleep(0)


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_request_waits_for_its_token_and_passes() -> None:
    world = World(wait_s=NEVER_S)
    assert world.send(ADA) is None
    second = world.send(ADA)
    assert second is not None
    await settle()
    assert world.passed == [ADA.address]

    await world.pass_time(1)
    await second

    assert world.passed == [ADA.address] * 2


def test_a_request_whose_token_comes_too_late_is_rejected_at_once() -> None:
    world = World(wait_s=0.5)
    world.send(ADA)

    with pytest.raises(RateLimited):
        world.send(ADA)


async def test_a_request_is_rejected_when_its_time_is_over() -> None:
    limit = RateLimit(name="x", count=1, window_s=0.2, burst=1, wait_s=0.3)
    limiter = QueueingLimiter(
        RateLimiter(limit_buckets([limit], {}).values()), SystemClock()
    )

    async def send() -> bool:
        try:
            waiting = limiter.take(ADA, SystemClock.monotonic_s())
            if waiting is not None:
                await waiting
        except RateLimited:
            return False
        return True

    outcomes = await asyncio.gather(*(send() for _ in range(8)))

    # One at once, and one or two within 0.3 s, by the timer alone.
    assert 2 <= sum(outcomes) <= 3
    assert limiter.waiting == 0


async def test_clients_take_turns_for_a_token_that_they_share() -> None:
    world = World(wait_s=NEVER_S)
    world.send(EVE)
    flood = [world.send(EVE) for _ in range(4)]
    later = [world.send(ADA), world.send(BOB)]
    await settle()

    await world.pass_time(6)

    assert world.passed[1:4] in (
        [EVE.address, ADA.address, BOB.address],
        [ADA.address, BOB.address, EVE.address],
    )
    assert len(world.passed) == 1 + len(flood) + len(later)


async def test_a_newcomer_overtakes_nobody() -> None:
    world = World(wait_s=NEVER_S)
    world.send(EVE)
    waits = world.send(ADA)
    assert waits is not None
    await settle()
    world.clock.advance(1)

    newcomer = world.send(BOB)
    await settle()

    assert world.passed == [EVE.address, ADA.address]
    assert newcomer is not None
    await world.pass_time(1)
    await newcomer


async def test_the_requests_of_one_key_do_not_delay_those_of_another() -> None:
    world = World(wait_s=NEVER_S, key=ADDRESS)
    for _ in range(5):
        world.send(EVE)
    await settle()

    assert world.send(ADA) is None


async def test_a_full_queue_drops_requests_of_those_that_have_the_most() -> None:
    world = World(wait_s=NEVER_S)
    world.send(EVE)
    flood = [world.send(EVE) for _ in range(MAX_WAITING)]
    await settle()
    assert world.limiter.waiting == MAX_WAITING

    honest = world.send(ADA)
    assert honest is not None
    await settle()

    assert world.limiter.waiting == MAX_WAITING
    (dropped,) = (each for each in flood if each and each.done())
    with pytest.raises(RateLimited):
        await dropped
    await world.pass_time(2)
    await honest
    for each in flood:
        assert each is not None
        each.cancel()
    await asyncio.gather(*(each for each in flood if each), return_exceptions=True)
    assert world.limiter.waiting == 0


async def test_a_client_that_leaves_takes_no_token() -> None:
    world = World(wait_s=NEVER_S)
    world.send(EVE)
    leaving, staying = world.send(ADA), world.send(BOB)
    assert leaving is not None
    assert staying is not None
    await settle()

    leaving.cancel()
    await settle()
    await world.pass_time(1)

    await until(staying.done)
    assert world.passed == [EVE.address, BOB.address]


async def test_a_token_that_a_client_left_with_comes_back() -> None:
    world = World(wait_s=NEVER_S)
    world.send(EVE)
    leaving = world.send(ADA)
    assert leaving is not None
    await settle()
    world.clock.advance(1)
    world.limiter._serve()  # noqa: SLF001 - granted, and cancelled before it runs
    leaving.cancel()
    await settle()

    assert leaving.cancelled()
    assert world.send(BOB) is None
