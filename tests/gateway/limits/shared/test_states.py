"""Limits of several processes with a real Redis, and without it."""

import asyncio
import time
from collections.abc import AsyncIterator
from random import Random
from typing import cast

import pytest

from tests.support.conditions import until
from tests.support.gcra_store import GcraStore
from tests.support.redis_server import RedisServer, running_redis
from tests.support.shared_limits import limit_processes, take
from weir.gateway.context import ANONYMOUS
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.limiter import LimitStates
from weir.gateway.limits.plans import PlanLimiter
from weir.gateway.limits.policy import Plan, RateLimit
from weir.gateway.limits.shared.lease import Take
from weir.gateway.limits.shared.script import TAKE


def limit(count: int, window_s: float, burst: int) -> RateLimit:
    return RateLimit(name="all", count=count, window_s=window_s, burst=burst)


SLOW = limit(6, 3600, 6)
FAST = limit(3_600_000, 3600, 400)


@pytest.fixture
async def server() -> AsyncIterator[RedisServer]:
    async with running_redis() as running:
        yield running


NOBODY = Caller("192.0.2.1", {}, ANONYMOUS)


async def passed(states: LimitStates, requests: int) -> int:
    decisions = await asyncio.gather(*(take(states) for _ in range(requests)))
    return sum(decision.allowed for decision in decisions)


async def test_processes_share_the_tokens_of_a_limit(server: RedisServer) -> None:
    async with limit_processes(server, 3) as processes:
        states = [process.states(SLOW) for process in processes]

        assert [await passed(each, 4) for each in states] == [4, 2, 0]
        rejected = await take(states[2])
        assert rejected.retry_after_s == pytest.approx(600, abs=30)
        assert states[2].peek(b"key", time.monotonic()).remaining == 0


async def test_most_requests_at_a_high_rate_need_no_reply(server: RedisServer) -> None:
    async with limit_processes(server, 1) as (process,):
        states = process.states(FAST)
        await take(states)
        waited = 0
        for _ in range(300):
            outcome = states.take(b"key", time.monotonic())
            if callable(outcome):
                waited += 1
                await outcome()
            await asyncio.sleep(0)

    assert waited <= 10


async def test_a_refund_goes_back_to_the_other_processes(server: RedisServer) -> None:
    async with limit_processes(server, 2) as (one, other):
        first, second = one.states(SLOW), other.states(SLOW)
        await passed(first, 6)

        first.refund(b"key", 2)
        # Redis replies in order: the tokens are there now.
        await one.connection.send_untimed("PING")

        assert await passed(second, 3) == 2


async def test_reading_a_plan_takes_no_token_of_it(server: RedisServer) -> None:
    async with limit_processes(server, 2) as (one, other):
        first, second = one.states(SLOW), other.states(SLOW)
        plan = PlanLimiter(Plan(name="free", quotas=(SLOW,)), {SLOW: second})
        key = SLOW.key.digest(NOBODY)
        for _ in range(5):
            await take(first, key)
        (five_taken,) = await plan.read(NOBODY, time.monotonic())
        assert (five_taken.used, five_taken.left.remaining) == (5, 1)

        last = await take(first, key)
        (none_left,) = await plan.read(NOBODY, time.monotonic())
        assert last.allowed
        assert (none_left.used, none_left.left.remaining) == (6, 0)


async def test_without_redis_the_shares_of_other_processes_are_not_used(
    server: RedisServer,
) -> None:
    async with limit_processes(server, 3) as processes:
        last = processes[-1]
        states = last.states(SLOW)
        await take(states)
        await server.kill()
        await until(lambda: last.store.connection is None)
        await take(states)

        use = await states.read(b"key", time.monotonic())
        assert use.used == 2
        assert use.left.remaining < SLOW.burst - use.used


async def test_without_redis_each_process_has_its_share(server: RedisServer) -> None:
    async with limit_processes(server, 3) as processes:
        last = processes[-1]
        assert last.processes.live == 3
        await server.kill()
        await until(lambda: last.store.connection is None)

        assert await passed(last.states(SLOW), 10) == 2
        assert last.fallbacks == 10


async def test_what_was_used_without_redis_counts_when_it_is_back(
    server: RedisServer,
) -> None:
    async with limit_processes(server, 1) as (process,):
        states = process.states(SLOW)
        await server.kill()
        await until(lambda: process.store.connection is None)
        assert await passed(states, 4) == 4

        await server.start()
        await until(lambda: process.store.connection is not None, within_s=10)

        assert await passed(states, 10) == 2


@pytest.mark.parametrize("rate", [SLOW, FAST], ids=["slow", "fast"])
async def test_a_frozen_redis_delays_a_request_by_the_deadline_only(
    server: RedisServer, rate: RateLimit
) -> None:
    async with limit_processes(server, 1, timeout_s=0.02) as (process,):
        states = process.states(rate)
        server.freeze()
        started_s = time.monotonic()
        for number in range(30):
            await take(states, b"%d" % number)
        took_s = time.monotonic() - started_s
        server.thaw()

        # One deadline and not thirty, on a slow machine as well.
        assert took_s < 30 * 0.02
        assert process.fallbacks == 30


async def test_the_tokens_of_a_late_reply_are_used_by_the_next_requests(
    server: RedisServer,
) -> None:
    async with limit_processes(server, 1, timeout_s=0.02) as (process,):
        states = process.states(limit(3600 * 40, 3600, 400))
        server.freeze()
        await take(states)
        server.thaw()

        await until(lambda: not process.connection.is_silent)
        assert not callable(states.take(b"key", time.monotonic()))


async def test_a_script_that_redis_has_lost_is_loaded_again(
    server: RedisServer,
) -> None:
    async with limit_processes(server, 1) as (process,):
        states = process.states(SLOW)
        await process.connection.send_untimed("SCRIPT", "FLUSH")

        assert (await take(states)).allowed
        fallbacks = process.fallbacks
        assert fallbacks == 1

        await asyncio.sleep(1.2)
        assert (await take(states)).allowed
        assert process.fallbacks == fallbacks


async def test_keys_are_bounded_and_a_busy_one_is_not_forgotten(
    server: RedisServer,
) -> None:
    async with limit_processes(server, 1) as (process,):
        states = process.states(SLOW, max_keys=100)
        await passed(states, 6)
        for number in range(1000):
            await take(states, b"%d" % number)
            if number % 50 == 0:
                assert not (await take(states)).allowed

        assert states.keys <= 100


async def test_the_script_does_what_the_model_of_the_properties_does(
    server: RedisServer,
) -> None:
    """A token lasts for an hour: the time between both does not matter."""
    rate = limit(1, 3600, 20)
    model, random = GcraStore(), Random(3)  # noqa: S311 - a schedule
    async with limit_processes(server, 1) as (process,):
        for _ in range(400):
            call = Take(
                random.randint(0, 4),
                random.randint(0, 8),
                random.choice([0, 0, 1, -1, 3]) * rate.interval_s * random.random(),
            )
            reply = await process.connection.send_untimed(
                *("EVAL", TAKE, 1, "key", "3600", "72000"),
                *(call.needed, call.wanted, repr(call.charge_s)),
            )
            expected = model.take(call, time.monotonic(), rate)

            granted, full_in_us = cast("list[int]", reply)
            assert granted == expected.tokens
            assert full_in_us / 1e6 == pytest.approx(expected.full_in_s, abs=60)
