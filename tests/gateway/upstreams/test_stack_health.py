"""The stack as a whole: ejected instances, panics, and the circuit breaker."""

import asyncio
import time
from dataclasses import replace

import pytest

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.fake_clock import FakeClock
from tests.support.upstream_stack import POLICY, REPEATED, A, B, call, stack
from tests.support.upstreams import Fleet, instances, runtime
from weir.gateway.events import (
    InstanceChanged,
    PanicChanged,
)
from weir.gateway.transport.errors import (
    CircuitOpen,
    UpstreamConnectFailed,
    UpstreamError,
    UpstreamTimeout,
)
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    HealthPolicy,
    RetryPolicy,
    TimeoutPolicy,
)
from weir.gateway.upstreams.registry import Registry


@pytest.mark.parametrize("failure", ["lost", "timeout", "broken", "502", "503", "504"])
async def test_calls_of_one_client_that_fail_harm_no_other_client(failure: str) -> None:
    fleet, sink = Fleet(), RecordingSink()
    registry = Registry(
        {"catalog": POLICY}, runtime(FakeClock(), sink), fleet.transport
    )
    upstream, rejected = registry.upstream("catalog"), 0
    for _ in (A, B):
        await call(upstream, client="198.51.100.1")
    for _ in range(10):
        for _ in range(3):
            fleet.script(A, *[REPEATED[failure]] * 3)
            fleet.script(B, *[REPEATED[failure]] * 3)
            try:
                await call(upstream, client="203.0.113.7")
            except CircuitOpen:
                rejected += 1
            except UpstreamError:
                pass
        fleet.scripts.clear()
        assert (await call(upstream, client="198.51.100.1")).status == 200

    service = registry.snapshot()[0]
    assert rejected == 25, "the breaker opens for this client after five failures"
    assert service.available
    assert (service.breaker.state, service.breaker.client) == ("open", "203.0.113.7")
    assert [each.health for each in service.endpoints] == ["healthy", "healthy"]
    assert [event for event in sink.events if isinstance(event, InstanceChanged)] == []


async def test_an_instance_that_keeps_failing_is_left_alone() -> None:
    fleet = Fleet()
    fleet.script(A, *[503] * 100)
    upstream = stack(fleet)

    for _ in range(20):
        assert (await call(upstream)).status == 200

    assert fleet.asked[A] == POLICY.health.passive_failures


@pytest.mark.parametrize("failure", ["timeout", "lost", "503"])
async def test_an_instance_is_ejected_if_the_other_responds_to_the_same_requests(
    failure: str,
) -> None:
    fleet = Fleet()
    upstream = stack(fleet, clock=FakeClock())
    for _ in (A, B):
        await call(upstream, client="198.51.100.1")
    fleet.script(A, *[REPEATED[failure]] * 100)

    for _ in range(20):
        assert (await call(upstream, client="203.0.113.7")).status == 200

    assert fleet.asked[A] == 1 + POLICY.health.passive_failures


async def test_with_all_down_calls_are_tried_until_the_breaker_opens() -> None:
    fleet = Fleet()
    fleet.script(A, *[UpstreamConnectFailed()] * 100)
    fleet.script(B, *[UpstreamConnectFailed()] * 100)
    clock = FakeClock()
    upstream = stack(fleet, clock=clock)
    for _ in range(POLICY.breaker.failures):
        with pytest.raises(UpstreamConnectFailed):
            await call(upstream)
    asked = fleet.asked.total()

    with pytest.raises(CircuitOpen, match="catalog"):
        await call(upstream)
    assert fleet.asked.total() == asked

    fleet.scripts.clear()
    clock.advance(POLICY.breaker.open_for_s)
    assert (await call(upstream)).status == 200


async def test_calls_succeed_where_only_the_checks_are_wrong() -> None:
    fleet = Fleet()
    policy = replace(POLICY, health=HealthPolicy(active=False, path="/moved"))
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)
    fleet.script(A, 404, 404)
    fleet.script(B, 404, 404)
    for _ in range(POLICY.health.unhealthy_after):
        await registry.check_health("catalog")
    (service,) = registry.snapshot()
    assert {each.health for each in service.endpoints} == {"unhealthy"}
    assert service.panic

    instances = {(await call(registry.upstream("catalog"))).instance for _ in range(4)}

    assert instances == {A, B}


async def test_a_panic_is_reported_at_its_beginning_and_its_end() -> None:
    fleet, sink = Fleet(), RecordingSink()
    registry = Registry({"catalog": POLICY}, runtime(None, sink), fleet.transport)
    fleet.script(A, 500, 500)
    fleet.script(B, 500, 500)
    for _ in range(POLICY.health.unhealthy_after + 1):
        await registry.check_health("catalog")

    panics = [event for event in sink.events if isinstance(event, PanicChanged)]
    assert [(one.panic, one.healthy, one.instances) for one in panics] == [
        (True, 0, 2),
        (False, 1, 2),
    ]


async def test_the_only_instance_is_not_ejected_for_its_responses() -> None:
    fleet = Fleet()
    policy = replace(POLICY, instances=instances(A))
    registry = Registry({"catalog": policy}, runtime(), fleet.transport)
    fleet.script(A, *[500] * 4)

    for _ in range(4):
        await call(registry.upstream("catalog"))

    assert [one.health for one in registry.snapshot()[0].endpoints] == ["healthy"]


async def test_instances_that_all_answer_badly_are_still_asked() -> None:
    fleet = Fleet()
    fleet.script(A, *[500] * 3)
    fleet.script(B, *[500] * 3)
    upstream = stack(fleet, replace(POLICY, breaker=BreakerPolicy(failures=100)))

    for _ in range(6):
        assert (await call(upstream)).status == 500

    assert (await call(upstream)).status == 200


async def test_final_failures_open_the_breaker_and_probes_close_it() -> None:
    fleet = Fleet()
    clock = FakeClock()
    policy = replace(
        POLICY,
        retry=RetryPolicy(attempts=0),
        breaker=BreakerPolicy(failures=3, open_for_s=30.0, probes=1),
    )
    upstream = stack(fleet, policy, clock)
    fleet.script(A, 500, 500)
    fleet.script(B, 500)
    for _ in range(3):
        await call(upstream)

    with pytest.raises(CircuitOpen) as raised:
        await call(upstream)
    assert raised.value.retry_after_s == 30.0
    assert fleet.asked.total() == 3
    clock.advance(30.0)
    assert (await call(upstream)).status == 200
    assert (await call(upstream)).status == 200


async def test_client_errors_and_hasty_callers_speak_against_nobody() -> None:
    fleet = Fleet()
    fleet.script(A, *[404] * 50, *[UpstreamTimeout() for _ in range(50)])
    policy = replace(
        POLICY, instances=instances(A), retry=RetryPolicy(attempts=0), coalesce=False
    )
    upstream = stack(fleet, policy)

    for _ in range(50):
        assert (await call(upstream)).status == 404
    for _ in range(50):
        hasty = upstream_request(deadline_s=time.monotonic() + 0.01)
        with pytest.raises(UpstreamTimeout):
            await upstream.call(hasty, request_context())
    assert (await call(upstream)).status == 200


async def test_a_service_that_hangs_opens_the_breaker() -> None:
    fleet = Fleet()
    fleet.gate.clear()
    policy = replace(
        POLICY,
        # The last attempt gets less than half of an attempt's time.
        timeout=TimeoutPolicy(attempt_s=0.02, total_s=0.045),
        retry=RetryPolicy(attempts=2, backoff_s=0.0),
        breaker=BreakerPolicy(failures=2),
    )
    upstream = stack(fleet, policy)
    for _ in range(2):
        with pytest.raises(UpstreamTimeout):
            await call(upstream)

    with pytest.raises(CircuitOpen):
        await call(upstream)


async def test_a_cancelled_call_speaks_against_nobody_and_leaves_nothing() -> None:
    fleet = Fleet()
    fleet.gate.clear()
    registry = Registry({"catalog": POLICY}, runtime(), fleet.transport)
    task = asyncio.create_task(call(registry.upstream("catalog")))
    await fleet.started.wait()
    assert registry.snapshot()[0].endpoints[0].in_flight == 1

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    snapshot = registry.snapshot()[0]
    assert [one.in_flight for one in snapshot.endpoints] == [0, 0]
    assert (snapshot.breaker.failures, snapshot.breaker.state) == (0, "closed")
