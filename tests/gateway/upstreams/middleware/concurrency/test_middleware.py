import asyncio
from sys import maxsize

import pytest

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.memory_upstream import CallsOnly
from tests.support.upstreams import response
from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.events import StepFinished
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.concurrency.middleware import (
    Capacities,
    ConcurrencyLimiter,
)
from weir.gateway.upstreams.model.policy import ConcurrencyPolicy, UpstreamPolicy
from weir.gateway.upstreams.waits import CallWaits


class Slow(CallsOnly):
    """An upstream that takes its time, and counts who is there at once."""

    def __init__(self, takes_s: float) -> None:
        self.takes_s = takes_s
        self.running = self.most = self.calls = 0

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del request, context
        self.calls += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.takes_s)
        finally:
            self.running -= 1
        return response()


def limited(slow: Slow, policy: ConcurrencyPolicy) -> ConcurrencyLimiter:
    upstream = UpstreamPolicy(name="catalog", concurrency=policy)
    capacities = Capacities(lambda _: maxsize, lambda _: maxsize)
    clock = SystemClock()
    return ConcurrencyLimiter(
        slow, upstream, capacities, CallWaits(upstream.name, clock), clock
    )


def start(upstream: ConcurrencyLimiter) -> "asyncio.Task[UpstreamResponse]":
    return asyncio.create_task(upstream.call(upstream_request(), request_context()))


async def test_no_more_calls_are_in_flight_than_the_limit_and_all_are_served() -> None:
    slow = Slow(0.001)
    upstream = limited(slow, ConcurrencyPolicy(max_in_flight=3, max_waiting=50))

    await asyncio.gather(*(start(upstream) for _ in range(50)))

    assert (slow.most, slow.calls) == (3, 50)


async def test_what_does_not_fit_the_queue_is_refused_at_once() -> None:
    upstream = limited(Slow(0.05), ConcurrencyPolicy(max_in_flight=1, max_waiting=1))
    tasks = [start(upstream), start(upstream)]
    await asyncio.sleep(0)

    with pytest.raises(UpstreamOverloaded, match="catalog"):
        await start(upstream)

    assert not any(task.done() for task in tasks)
    await asyncio.gather(*tasks)


async def test_a_call_that_waited_far_longer_than_foreseen_is_refused() -> None:
    policy = ConcurrencyPolicy(max_in_flight=1, max_wait_s=0.02)
    upstream = limited(Slow(0.1), policy)
    first = start(upstream)
    await asyncio.sleep(0)

    with pytest.raises(UpstreamOverloaded):
        await start(upstream)
    await first


async def test_cancelled_calls_lose_no_place() -> None:
    slow = Slow(0.005)
    upstream = limited(slow, ConcurrencyPolicy(max_in_flight=2, max_waiting=100))
    for round_of_calls in range(20):
        tasks = [start(upstream) for _ in range(8)]
        await asyncio.sleep(0.001 * (round_of_calls % 7))
        for task in tasks[::3]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert slow.running == 0
    await asyncio.gather(*(start(upstream) for _ in range(4)))
    assert slow.most == 2


async def test_the_wait_of_a_call_for_its_turn_is_an_event() -> None:
    sink = RecordingSink()
    upstream = limited(Slow(0.02), ConcurrencyPolicy(max_in_flight=1))

    await asyncio.gather(
        *(
            upstream.call(upstream_request(), request_context(sink=sink))
            for _ in range(2)
        )
    )

    (wait,) = sink.events
    assert isinstance(wait, StepFinished)
    assert (wait.step, wait.service) == ("queue", "catalog")
    assert wait.ended_s > wait.started_s


async def test_a_wait_in_vain_is_an_event() -> None:
    sink = RecordingSink()
    policy = ConcurrencyPolicy(max_in_flight=1, max_wait_s=0.02)
    upstream = limited(Slow(0.1), policy)
    first = start(upstream)
    await asyncio.sleep(0)

    with pytest.raises(UpstreamOverloaded):
        await upstream.call(upstream_request(), request_context(sink=sink))
    await first

    assert [type(each) for each in sink.events] == [StepFinished]


async def test_the_calls_that_wait_are_counted() -> None:
    waits = CallWaits("catalog", SystemClock())
    upstream = ConcurrencyLimiter(
        Slow(0.01),
        UpstreamPolicy(name="catalog", concurrency=ConcurrencyPolicy(max_in_flight=1)),
        Capacities(lambda _: maxsize, lambda _: maxsize),
        waits,
        SystemClock(),
    )
    calls = [start(upstream) for _ in range(3)]
    await asyncio.sleep(0)

    assert waits.count == 2
    await asyncio.gather(*calls)
    assert waits.count == 0
