import asyncio
import time

import pytest
from msgspec import structs

from tests.support.calls import request_context, upstream_request
from tests.support.conditions import until
from tests.support.memory_upstream import CallsOnly
from tests.support.upstreams import response
from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import UpstreamConnectionLost, UpstreamTimeout
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.coalesce import Coalescing
from weir.gateway.upstreams.middleware.overrides import PolicyOverrides
from weir.gateway.upstreams.model.policy import TimeoutPolicy, UpstreamPolicy
from weir.gateway.upstreams.writes import Writes

TOTAL_S = 0.2


class Gated(CallsOnly):
    """An upstream that answers when its gate opens."""

    def __init__(self) -> None:
        self.calls: list[UpstreamRequest] = []
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.error: UpstreamConnectionLost | None = None

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        del context
        self.calls.append(request)
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error:
            raise self.error
        return response(body=b"%d" % len(self.calls))


def start(
    upstream: Coalescing, request: UpstreamRequest
) -> "asyncio.Task[UpstreamResponse]":
    return asyncio.create_task(upstream.call(request, request_context()))


@pytest.fixture
def gated() -> Gated:
    return Gated()


@pytest.fixture
def upstream(gated: Gated) -> Coalescing:
    policy = UpstreamPolicy(name="catalog", timeout=TimeoutPolicy(total_s=TOTAL_S))
    return Coalescing(gated, PolicyOverrides(policy), SystemClock(), Writes())


async def test_a_thousand_identical_calls_in_flight_are_one(
    gated: Gated, upstream: Coalescing
) -> None:
    tasks = [start(upstream, upstream_request()) for _ in range(1000)]
    await asyncio.sleep(0)

    gated.gate.set()

    assert {answer.body for answer in await asyncio.gather(*tasks)} == {b"1"}
    assert len(gated.calls) == 1


async def test_calls_one_after_the_other_share_nothing(
    gated: Gated, upstream: Coalescing
) -> None:
    gated.gate.set()

    bodies = [(await start(upstream, upstream_request())).body for _ in range(2)]

    assert bodies == [b"1", b"2"]


async def test_calls_of_different_partitions_share_nothing(
    gated: Gated, upstream: Coalescing
) -> None:
    requests = [
        structs.replace(upstream_request(), partition=who) for who in ("ada", "bob")
    ]
    tasks = [start(upstream, request) for request in requests]
    await asyncio.sleep(0.01)
    gated.gate.set()
    await asyncio.gather(*tasks)

    assert len(gated.calls) == 2


async def test_calls_that_are_not_safe_are_never_shared(
    gated: Gated, upstream: Coalescing
) -> None:
    tasks = [start(upstream, upstream_request("POST", safe=False)) for _ in range(2)]
    await asyncio.sleep(0.01)
    gated.gate.set()
    await asyncio.gather(*tasks)

    assert len(gated.calls) == 2


async def test_a_cancelled_leader_fails_nobody(
    gated: Gated, upstream: Coalescing
) -> None:
    leader, *followers = [start(upstream, upstream_request()) for _ in range(10)]
    await asyncio.sleep(0)

    leader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader
    gated.gate.set()

    assert {answer.body for answer in await asyncio.gather(*followers)} == {b"1"}


async def test_a_leader_in_a_hurry_fails_nobody_else(
    gated: Gated, upstream: Coalescing
) -> None:
    hurried = start(upstream, upstream_request(deadline_s=time.monotonic() + 0.01))
    follower = start(upstream, upstream_request())

    with pytest.raises(UpstreamTimeout):
        await hurried
    gated.gate.set()

    assert (await follower).body == b"1"


async def test_the_shared_call_ends_when_the_last_one_leaves(
    gated: Gated, upstream: Coalescing
) -> None:
    tasks = [start(upstream, upstream_request()) for _ in range(3)]
    await asyncio.sleep(0.01)

    for task in tasks[:2]:
        task.cancel()
    await asyncio.sleep(0.01)
    assert gated.cancelled == 0
    tasks[2].cancel()
    await asyncio.sleep(0.01)
    assert gated.cancelled == 1

    gated.gate.set()
    assert (await start(upstream, upstream_request())).body == b"2"


async def test_who_comes_while_the_last_one_leaves_starts_anew(
    gated: Gated, upstream: Coalescing
) -> None:
    leaving = start(upstream, upstream_request())
    await asyncio.sleep(0.01)
    leaving.cancel()
    await asyncio.sleep(0)
    newcomer = start(upstream, upstream_request())
    await asyncio.sleep(0)
    gated.gate.set()

    assert (await newcomer).body == b"2"


async def test_the_shared_call_has_the_total_time_whoever_began_it(
    gated: Gated, upstream: Coalescing
) -> None:
    gated.gate.set()
    before_s = time.monotonic()

    await start(upstream, upstream_request(deadline_s=before_s + 0.05))

    assert gated.calls[0].deadline_s == pytest.approx(before_s + TOTAL_S, abs=0.05)


async def test_a_failure_of_the_upstream_is_everybodys(
    gated: Gated, upstream: Coalescing
) -> None:
    gated.error = UpstreamConnectionLost()
    tasks = [start(upstream, upstream_request()) for _ in range(3)]
    await asyncio.sleep(0)
    gated.gate.set()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert outcomes == [gated.error] * 3


async def test_who_has_written_does_not_read_what_was_asked_before(
    gated: Gated, upstream: Coalescing
) -> None:
    early = start(upstream, upstream_request())
    write = start(upstream, upstream_request("POST", safe=False))
    await asyncio.sleep(0.01)
    gated.gate.set()
    await write
    gated.gate.clear()
    late = start(upstream, upstream_request())
    await asyncio.sleep(0)
    gated.gate.set()

    await asyncio.gather(early, late)
    assert len(gated.calls) == 3


async def test_the_read_of_a_mutation_shares_no_call_from_before_its_write(
    gated: Gated, upstream: Coalescing
) -> None:
    context = structs.replace(request_context(), writes=True)
    before = start(upstream, upstream_request())
    await asyncio.sleep(0)
    within = asyncio.create_task(upstream.call(upstream_request(), context))
    await asyncio.sleep(0)
    after = start(upstream, upstream_request())

    await until(lambda: len(gated.calls) == 3)
    gated.gate.set()
    await asyncio.gather(before, within, after)
