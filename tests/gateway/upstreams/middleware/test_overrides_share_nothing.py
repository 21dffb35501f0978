"""Equal calls of different lanes: each gets what its own policy says.

An upstream cannot tell such calls apart, but their callers can: by the timeouts, the
breaker and the fallback of their operation.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec import structs

from tests.support.calls import request_context, upstream_request
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import instances, response, runtime
from weir.bffs.in_memory.transport import MemoryTransport
from weir.gateway.clock import Clock
from weir.gateway.headers import Headers, header
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamError,
    UpstreamTimeout,
)
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport
from weir.gateway.upstreams.model.policy import (
    CachePolicy,
    FallbackPolicy,
    HealthPolicy,
    HedgePolicy,
    OperationPolicy,
    RetryPolicy,
    StaticResponse,
    TimeoutPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

A, B = "http://a:1", "http://b:1"
BASE = UpstreamPolicy(
    name="catalog",
    instances=instances(A, B),
    health=HealthPolicy(active=False, passive_failures=999),
    retry=RetryPolicy(attempts=0),
)
STATIC = FallbackPolicy(response=StaticResponse(body=b"static"))
STALE = FallbackPolicy(stale_s=600.0)
LAYERS: dict[str, Callable[[UpstreamPolicy], UpstreamPolicy]] = {
    "coalesce": lambda policy: policy,
    "retry": lambda policy: replace(
        policy, retry=RetryPolicy(attempts=1, backoff_s=0.001)
    ),
    "hedge": lambda policy: replace(policy, hedge=HedgePolicy(after_s=0.005)),
    "cache": lambda policy: replace(policy, cache=CachePolicy(ttl_s=60.0)),
}


class Service:
    """Instances behind one gate; while `failing`, they fail once it opens."""

    def __init__(self, policy: UpstreamPolicy) -> None:
        self.gate = asyncio.Event()
        self.failing = False
        self.calls = 0
        self.clock = FakeClock()
        self.registry = Registry(
            {"catalog": policy}, runtime(self.clock), self.transport
        )

    def transport(self, url: str, policy: TransportPolicy, clock: Clock) -> Transport:
        del policy

        async def answer(_: UpstreamRequest, __: Headers) -> UpstreamResponse:
            self.calls += 1
            await self.gate.wait()
            if self.failing:
                raise UpstreamConnectFailed
            return response(200, url, b"live")

        return MemoryTransport(answer, clock)

    async def ask(self, operation: str) -> str:
        """The body that the operation gets, or the code of its error."""
        request = upstream_request(deadline_s=self.clock.monotonic_s() + 5)
        request = structs.replace(request, operation=operation)
        upstream = self.registry.upstream("catalog")
        try:
            found = await upstream.call(request, request_context())
        except UpstreamError as error:
            return error.code
        return (header(found.headers, b"x-cache") or b"").decode() + found.body.decode()

    async def ask_together(self, *operations: str, first: str = "") -> list[str]:
        """What each gets; they come in this order while the gate is closed.

        It opens when all have called an instance and the `first` has its response.
        """
        self.gate.clear()
        expected = self.calls + len(operations)
        tasks: list[asyncio.Task[str]] = []
        for operation in operations:
            tasks.append(asyncio.create_task(self.ask(operation)))
            await asyncio.sleep(0)
        await until(lambda: self.calls >= expected)
        if first:
            await tasks[operations.index(first)]
        self.gate.set()
        return await asyncio.gather(*tasks)


both_directions = pytest.mark.parametrize(
    "order", [("Search", "Home"), ("Home", "Search")], ids=" leads ".join
)
every_layer = pytest.mark.parametrize("layer", LAYERS)


@every_layer
@both_directions
@pytest.mark.parametrize("kind", ["attempt", "total"])
async def test_an_operations_timeout_is_its_own(
    order: tuple[str, str], layer: str, kind: str
) -> None:
    quick = (
        OperationPolicy(name="Search", attempt_s=0.01)
        if kind == "attempt"
        else OperationPolicy(name="Search", total_s=0.01)
    )
    service = Service(LAYERS[layer](replace(BASE, operations=(quick,))))

    replies = await service.ask_together(*order, first="Search")

    got = dict(zip(order, replies, strict=True))
    assert got["Search"] == UpstreamTimeout.row.code
    assert got["Home"].endswith("live")


@every_layer
@both_directions
async def test_an_operations_patience_is_its_own(
    order: tuple[str, str], layer: str
) -> None:
    patient = OperationPolicy(name="Search", attempt_s=2.0, total_s=2.0)
    policy = replace(
        BASE,
        timeout=TimeoutPolicy(attempt_s=0.01, total_s=0.01),
        operations=(patient,),
    )
    service = Service(LAYERS[layer](policy))

    replies = await service.ask_together(*order, first="Home")

    got = dict(zip(order, replies, strict=True))
    assert got["Home"] == UpstreamTimeout.row.code
    assert got["Search"].endswith("live")


@every_layer
@both_directions
async def test_a_static_fallback_is_of_its_operation_alone(
    order: tuple[str, str], layer: str
) -> None:
    own = OperationPolicy(name="Search", fallback=STATIC)
    service = Service(LAYERS[layer](replace(BASE, operations=(own,))))
    service.failing = True

    got = dict(zip(order, await service.ask_together(*order), strict=True))

    assert got == {
        "Search": "FALLBACKstatic",
        "Home": UpstreamConnectFailed.row.code,
    }


@both_directions
async def test_a_stale_fallback_is_of_its_operation_alone(
    order: tuple[str, str],
) -> None:
    policy = replace(
        BASE,
        cache=CachePolicy(ttl_s=60.0),
        operations=(OperationPolicy(name="Search", fallback=STALE),),
    )
    service = Service(policy)
    await service.ask_together("Home")
    service.clock.advance(100.0)
    service.failing = True

    got = dict(zip(order, await service.ask_together(*order), strict=True))

    assert got == {"Search": "STALElive", "Home": UpstreamConnectFailed.row.code}


async def test_a_renewal_that_one_operation_began_is_not_anothers_last_word() -> None:
    policy = replace(
        BASE,
        cache=CachePolicy(ttl_s=60.0, stale_while_revalidate_s=600.0),
        operations=(OperationPolicy(name="Search", attempt_s=0.01),),
    )
    service = Service(policy)
    await service.ask_together("Home")
    service.clock.advance(100.0)

    service.gate.clear()
    assert await service.ask("Search") == "STALElive"
    for _ in range(200):
        if await service.ask("Home") == "HITlive":
            break
        await asyncio.sleep(0.01)
        if service.calls > 2:  # the renewal of Search is over: this one is of Home
            service.gate.set()
    else:
        pytest.fail("the response was never renewed")


async def test_each_override_has_one_call_and_other_operations_share_one() -> None:
    policy = replace(BASE, operations=(OperationPolicy(name="Search", total_s=3.0),))
    service = Service(policy)
    operations = ("Search", "Home", "Other")
    tasks = [asyncio.create_task(service.ask(each)) for each in operations * 10]
    await asyncio.sleep(0.01)
    service.gate.set()
    await asyncio.gather(*tasks)

    assert service.calls == 2, "Home and Other have no settings of their own"


@both_directions
async def test_a_write_of_one_lane_separates_the_calls_of_all(
    order: tuple[str, str],
) -> None:
    own = OperationPolicy(name="Search", total_s=3.0)
    service = Service(replace(BASE, operations=(own,)))
    early = asyncio.create_task(service.ask(order[0]))
    await asyncio.sleep(0.01)
    request = upstream_request(
        "POST", safe=False, deadline_s=service.clock.monotonic_s() + 5
    )
    write = service.registry.upstream("catalog").call(
        structs.replace(request, operation=order[1]), request_context()
    )
    writing = asyncio.create_task(write)
    await asyncio.sleep(0.01)
    writing.cancel()
    await asyncio.sleep(0.01)
    late = asyncio.create_task(service.ask(order[0]))
    await asyncio.sleep(0.01)
    service.gate.set()
    await asyncio.gather(early, late)

    assert service.calls == 3
