import asyncio
from collections.abc import AsyncIterable

import pytest

from tests.support.calls import request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import Fleet, instances, response, runtime
from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamConnectionLost
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.instances.health import InstanceHealth
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.middleware.retry.attempt import CallState
from weir.gateway.upstreams.middleware.retry.budget import RetryBudget
from weir.gateway.upstreams.middleware.retry.hedge import Hedging
from weir.gateway.upstreams.model.policy import (
    HealthPolicy,
    HedgePolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

AFTER_S = 0.02


def instance(url: str) -> Instance:
    health = InstanceHealth(HealthPolicy(), lambda *_: None)
    transport = Fleet().transport(url, TransportPolicy(), SystemClock())
    return Instance(url, transport, health)


class Race:
    """Attempts that each take a given time, and end in a given status or fail."""

    def __init__(self, *runners: tuple[float, int]) -> None:
        self.runners = runners
        self.started = self.ended = 0

    def has_untried(self, state: CallState) -> bool:
        del state
        return self.started < len(self.runners)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        state: CallState,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        raise NotImplementedError

    async def call(
        self, request: UpstreamRequest, context: RequestContext, state: CallState
    ) -> UpstreamResponse:
        del request, context
        number = self.started
        state.tried += (instance(str(number)),)
        takes_s, status = self.runners[number]
        self.started += 1
        try:
            await asyncio.sleep(takes_s)
        finally:
            self.ended += 1
        if not status:
            raise UpstreamConnectionLost
        return response(status, str(number))


async def attempt(
    race: Race, *, safe: bool = True, is_exhausted: bool = False, body: bytes = b""
) -> UpstreamResponse:
    clock = FakeClock()
    budget = RetryBudget(0.0, clock.monotonic_s())
    while is_exhausted and budget.take(clock.monotonic_s()):
        pass
    hedging = Hedging(race, AFTER_S, budget, clock)
    request = upstream_request(safe=safe, body=body)
    return await hedging.call(request, request_context(), CallState((), 1e12))


SLOW, QUICK = 0.5, 0.001


@pytest.mark.parametrize(
    ("lanes", "winner", "started"),
    [
        ([(QUICK, 200), (QUICK, 200)], "0", 1),
        ([(SLOW, 200), (QUICK, 200)], "1", 2),
        ([(0.04, 200), (SLOW, 200)], "0", 2),
        ([(0.06, 200), (QUICK, 503)], "0", 2),
        ([(0.06, 200), (QUICK, 0)], "0", 2),
        ([(0.04, 503), (0.06, 200)], "1", 2),
        ([(QUICK, 503), (QUICK, 200)], "0", 1),
    ],
)
async def test_the_first_good_answer_wins_and_nothing_is_left_running(
    lanes: list[tuple[float, int]], winner: str, started: int
) -> None:
    running = Race(*lanes)

    assert (await attempt(running)).instance == winner
    assert (running.started, running.ended) == (started, started)


async def test_two_that_fail_are_a_failure() -> None:
    with pytest.raises(UpstreamConnectionLost):
        await attempt(Race((0.03, 0), (0.03, 0)))


async def test_a_large_request_is_never_hedged() -> None:
    running = Race((0.05, 200), (QUICK, 200))

    assert (await attempt(running, body=b" " * 65_537)).instance == "0"
    assert running.started == 1


async def test_what_is_not_safe_is_never_hedged() -> None:
    running = Race((0.05, 200), (QUICK, 200))

    assert (await attempt(running, safe=False)).instance == "0"
    assert running.started == 1


async def test_an_upstream_without_a_second_instance_is_waited_for() -> None:
    assert (await attempt(Race((0.05, 200)))).instance == "0"


async def test_an_instance_that_is_overtaken_again_and_again_is_ejected() -> None:
    slow = asyncio.Event()
    fleet = Fleet()
    fleet.slow = {"http://a:1": slow}
    policy = UpstreamPolicy(
        name="catalog",
        instances=instances("http://a:1", "http://b:1"),
        health=HealthPolicy(active=False, passive_failures=2),
        hedge=HedgePolicy(after_s=0.005),
        coalesce=False,
    )
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)

    for _ in range(10):
        request = upstream_request()
        answer = await registry.upstream("catalog").call(request, request_context())
        assert answer.instance == "http://b:1"

    assert fleet.asked["http://a:1"] == 2
    assert registry.snapshot()[0].endpoints[0].last_failure == "a hedge was faster"


async def test_cancelling_the_call_cancels_both() -> None:
    running = Race((SLOW, 200), (SLOW, 200))
    task = asyncio.create_task(attempt(running))
    await asyncio.sleep(0.04)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (running.started, running.ended) == (2, 2)
