"""Calls with settings of their own, by operation."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec import structs

from tests.support.calls import (
    DeafSink,
    RecordingSink,
    request_context,
    upstream_request,
)
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import instances, response, runtime
from weir.bffs.in_memory.transport import MemoryTransport
from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.events import BreakerChanged, EventSink
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import (
    CircuitOpen,
    UpstreamConnectFailed,
    UpstreamTimeout,
)
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.breaker.breakers import Breakers, new_breakers
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    CachePolicy,
    HealthPolicy,
    OperationPolicy,
    RetryPolicy,
    TimeoutPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

A, B, C = "http://a:1", "http://b:1", "http://c:1"
SEARCH = "GET /search?q={q}"
OWN_BREAKER = OperationPolicy(name=SEARCH, breaker=BreakerPolicy(failures=2))
POLICY = UpstreamPolicy(
    name="catalog",
    instances=instances(A, B, C),
    health=HealthPolicy(active=False, passive_failures=999),
    retry=RetryPolicy(attempts=0),
    coalesce=False,
)

CONTEXT = request_context()


class Service:
    """Instances that fail the endpoints named, and say where each call went."""

    def __init__(self, policy: UpstreamPolicy, sink: EventSink | None = None) -> None:
        self.failing: set[str] = set()
        self.hanging: set[str] = set()
        self.slow: set[str] = set()
        self.clock = FakeClock()
        self.registry = Registry(
            {"catalog": policy}, runtime(self.clock, sink), self.transport
        )

    def transport(self, url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        del policy

        async def answer(request: UpstreamRequest, _: Headers) -> UpstreamResponse:
            if request.endpoint in self.hanging:
                await asyncio.sleep(60)
            if request.endpoint in self.slow:
                await asyncio.sleep(0.05)
            if request.endpoint in self.failing:
                raise UpstreamConnectFailed(request.endpoint)
            return response(200, url)

        return MemoryTransport(answer, clock)

    async def ask(
        self,
        endpoint: str = "GET /",
        context: RequestContext = CONTEXT,
        **fields: Any,
    ) -> str:
        request = upstream_request(deadline_s=self.clock.monotonic_s() + 30)
        request = structs.replace(request, endpoint=endpoint, **fields)
        upstream = self.registry.upstream("catalog")
        return (await upstream.call(request, context)).instance

    async def fail(self, endpoint: str, times: int) -> None:
        self.failing.add(endpoint)
        for _ in range(times):
            with pytest.raises(UpstreamConnectFailed):
                await self.ask(endpoint)

    def states(self) -> dict[str, str]:
        (service,) = self.registry.snapshot()
        own = {one.name: one.breaker.state for one in service.operations if one.breaker}
        return {"": service.breaker.state, **own}


async def test_an_operation_with_its_own_breaker_opens_nobody_elses() -> None:
    service = Service(replace(POLICY, operations=(OWN_BREAKER,)))

    await service.fail(SEARCH, 2)

    assert service.states() == {"": "closed", SEARCH: "open"}
    with pytest.raises(CircuitOpen):
        await service.ask(SEARCH)
    assert await service.ask("GET /titles/{id}")


async def test_the_upstreams_breaker_stops_no_operation_with_its_own() -> None:
    service = Service(replace(POLICY, operations=(OWN_BREAKER,)))

    await service.fail("GET /titles/{id}", POLICY.breaker.failures)

    assert service.states() == {"": "open", SEARCH: "closed"}
    assert await service.ask(SEARCH)


async def test_without_its_own_breaker_an_operation_counts_for_the_upstreams() -> None:
    fixed = OperationPolicy(name=SEARCH, attempt_s=1.0)
    service = Service(replace(POLICY, operations=(fixed,)))

    await service.fail(SEARCH, POLICY.breaker.failures)

    with pytest.raises(CircuitOpen):
        await service.ask("GET /titles/{id}")


@pytest.mark.parametrize(
    ("endpoint", "operation", "in_lane"),
    [
        ("POST /graphql", "Search", True),
        ("Search", "", True),
        ("Search", "Home", True),
        ("POST /graphql", "Home", False),
        ("POST /graphql", "", False),
        ("POST /graphql", "x" * 9999, False),
    ],
)
async def test_an_operation_is_known_by_its_name_or_else_by_its_endpoint(
    endpoint: str, operation: str, *, in_lane: bool
) -> None:
    own = OperationPolicy(name="Search", breaker=BreakerPolicy(failures=1))
    service = Service(replace(POLICY, operations=(own,)))
    service.failing.add(endpoint)

    with pytest.raises(UpstreamConnectFailed):
        await service.ask(endpoint, operation=operation)

    assert service.states()["Search"] == ("open" if in_lane else "closed")
    (operation_seen,) = service.registry.snapshot()[0].operations
    assert operation_seen.calls == in_lane


async def test_the_name_counts_more_than_the_endpoint() -> None:
    policy = replace(
        POLICY,
        operations=(
            OperationPolicy(name="POST /graphql", attempt_s=1.0),
            OperationPolicy(name="Search", attempt_s=1.0),
        ),
    )
    service = Service(policy)

    await service.ask("POST /graphql", operation="Search")
    await service.ask("POST /graphql", operation="Home")

    by_name = {one.name: one.calls for one in service.registry.snapshot()[0].operations}
    assert by_name == {"Search": 1, "POST /graphql": 1}


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize(("attempt_s", "total_s"), [(0.02, None), (None, 0.02)])
async def test_an_operation_has_its_own_timeouts(
    attempt_s: float | None, total_s: float | None, retries: int
) -> None:
    quick = OperationPolicy(name=SEARCH, attempt_s=attempt_s, total_s=total_s)
    policy = replace(
        POLICY,
        operations=(quick,),
        coalesce=True,
        retry=RetryPolicy(attempts=retries, backoff_s=0.001),
    )
    service = Service(policy)
    service.hanging.add(SEARCH)

    started_s = time.monotonic()
    with pytest.raises(UpstreamTimeout):
        await service.ask(SEARCH)

    assert time.monotonic() - started_s < 10


@pytest.mark.parametrize("coalesce", [True, False])
async def test_an_operation_may_take_longer_than_the_upstream(
    *, coalesce: bool
) -> None:
    policy = replace(
        POLICY,
        operations=(OperationPolicy(name=SEARCH, attempt_s=1.0, total_s=1.0),),
        timeout=TimeoutPolicy(attempt_s=0.01, total_s=0.01),
        coalesce=coalesce,
    )
    service = Service(policy)
    service.slow.add(SEARCH)

    assert await service.ask(SEARCH)


async def test_a_kept_answer_has_the_operations_time_to_be_renewed() -> None:
    policy = replace(
        POLICY,
        operations=(OperationPolicy(name=SEARCH, attempt_s=1.0, total_s=1.0),),
        timeout=TimeoutPolicy(attempt_s=0.01, total_s=0.01),
        cache=CachePolicy(ttl_s=60.0, stale_while_revalidate_s=60.0),
    )
    service = Service(policy)
    service.slow.add(SEARCH)

    await service.ask(SEARCH)
    service.clock.advance(61.0)
    await service.ask(SEARCH)
    await asyncio.sleep(0.1)
    await service.ask(SEARCH)

    cache = service.registry.snapshot()[0].cache
    assert cache is not None
    assert cache.counts == {"miss": 1, "stale": 1, "hit": 1}


async def test_who_is_in_a_hurry_does_not_end_what_others_wait_for() -> None:
    policy = replace(
        POLICY,
        operations=(OperationPolicy(name=SEARCH, attempt_s=1.0, total_s=1.0),),
        timeout=TimeoutPolicy(attempt_s=0.01, total_s=0.01),
        coalesce=True,
    )
    service = Service(policy)
    service.slow.add(SEARCH)

    soon_s = service.clock.monotonic_s() + 0.03
    hurried = asyncio.create_task(service.ask(SEARCH, deadline_s=soon_s))
    await asyncio.sleep(0)
    patient = asyncio.create_task(service.ask(SEARCH))

    assert await patient
    with pytest.raises(UpstreamTimeout):
        await hurried


async def test_streams_are_in_the_lane_of_their_operation() -> None:
    service = Service(replace(POLICY, operations=(OWN_BREAKER,)))
    await service.fail(SEARCH, 2)
    streams = service.registry.streams("catalog")
    request = upstream_request(deadline_s=service.clock.monotonic_s() + 5)

    with pytest.raises(CircuitOpen):
        await streams.open(structs.replace(request, endpoint=SEARCH), request_context())
    await (await streams.open(request, request_context())).aclose()


async def test_the_breaker_of_an_operation_tells_whose_it_is() -> None:
    sink = RecordingSink()
    service = Service(replace(POLICY, operations=(OWN_BREAKER,)), sink)

    await service.fail(SEARCH, 2)

    changes = [event for event in sink.events if isinstance(event, BreakerChanged)]
    assert [(one.upstream, one.operation, one.after) for one in changes] == [
        ("catalog", SEARCH, "open")
    ]


async def test_an_operations_breaker_lives_on_where_its_policy_is_unchanged() -> None:
    service = Service(replace(POLICY, operations=(OWN_BREAKER,)))
    await service.fail(SEARCH, 2)
    first = service.registry

    unchanged = first.next(
        {"catalog": replace(POLICY, balancing="random", operations=(OWN_BREAKER,))}
    )
    changed = first.next(
        {
            "catalog": replace(
                POLICY,
                operations=(replace(OWN_BREAKER, breaker=BreakerPolicy(failures=3)),),
            )
        }
    )

    states = []
    for registry in (unchanged, changed):
        (operation,) = registry.snapshot()[0].operations
        assert operation.breaker is not None
        states.append(operation.breaker.state)
    assert states == ["open", "closed"]


OPERATIONS = ("", "Search", "Home")


class AnyDrill(RuleBasedStateMachine):
    """Whatever is done to one breaker of an upstream, the others do not notice."""

    def __init__(self) -> None:
        super().__init__()
        in_a_row = BreakerPolicy(failures=3, failed_share=1.0)
        operations = tuple(
            OperationPolicy(name=name, breaker=in_a_row) for name in OPERATIONS[1:]
        )
        policy = replace(POLICY, operations=operations, breaker=in_a_row)
        self.breakers: Breakers = new_breakers(policy, None, FakeClock(), DeafSink())
        self.failures = dict.fromkeys(OPERATIONS, 0)
        self.forced: dict[str, BreakerState | None] = dict.fromkeys(OPERATIONS)

    @rule(name=st.sampled_from(OPERATIONS), fails=st.booleans())
    def call(self, name: str, *, fails: bool) -> None:
        fair = self.breakers.of(name)
        breaker = fair.of("a")
        permit = breaker.admit(0.0)
        match self.forced[name]:
            case BreakerState.OPEN:
                assert permit is None
            case BreakerState.CLOSED:
                assert permit is not None
            case _:
                assert (permit is not None) == (self.failures[name] < 3)
        if permit is None:
            return
        counts = self.forced[name] is None
        if fails:
            fair.failed(breaker, permit, "a", 0.0)
            self.failures[name] += counts
        else:
            breaker.succeeded(permit, 0.0)
            self.failures[name] *= not counts

    @rule(name=st.sampled_from(OPERATIONS))
    def reset(self, name: str) -> None:
        self.breakers.reset(name, 0.0)
        self.failures |= dict.fromkeys(self.acted_on(name), 0)

    @rule(
        name=st.sampled_from(OPERATIONS),
        state=st.sampled_from([BreakerState.OPEN, BreakerState.CLOSED, None]),
    )
    def force(self, name: str, state: BreakerState | None) -> None:
        self.breakers.force(name, state)
        self.forced |= dict.fromkeys(self.acted_on(name), state)

    @staticmethod
    def acted_on(name: str) -> tuple[str, ...]:
        return (name,) if name else OPERATIONS

    @invariant()
    def states_are_what_each_was_told(self) -> None:
        for name in OPERATIONS:
            is_open = self.breakers.of(name).shown(0.0).state is BreakerState.OPEN
            assert is_open == (self.failures[name] >= 3)


TestAnyDrill = AnyDrill.TestCase


def test_what_has_no_breaker_of_its_own_cannot_be_acted_on_alone() -> None:
    breakers = new_breakers(POLICY, None, FakeClock(), DeafSink())

    with pytest.raises(KeyError):
        breakers.reset("Hmoe", 0.0)
    with pytest.raises(KeyError):
        breakers.force("Hmoe", BreakerState.OPEN)
