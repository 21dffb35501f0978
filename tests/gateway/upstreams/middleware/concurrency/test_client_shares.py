"""A client with many slow calls leaves room for the calls of others."""

import asyncio
from dataclasses import replace

from msgspec import structs

from tests.support.calls import request_context, upstream_request
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from tests.support.upstreams import Fleet, instances, runtime
from weir.gateway.clock import SystemClock
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.gateway.transport.policy import ConnectionPolicy, TransportPolicy
from weir.gateway.upstreams.blame.recent_clients import RECENT_S
from weir.gateway.upstreams.middleware.concurrency.client_shares import ClientShares
from weir.gateway.upstreams.model.policy import (
    ConcurrencyPolicy,
    HealthPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

A, B = "http://a:1", "http://b:1"
POLICY = UpstreamPolicy(
    name="catalog",
    instances=instances(A),
    health=HealthPolicy(active=False),
    coalesce=False,
    transport=TransportPolicy(connections=ConnectionPolicy(max_open=16)),
    concurrency=ConcurrencyPolicy(max_waiting=100, max_wait_s=5.0),
)


class Service:
    """An upstream whose calls wait for the gate."""

    def __init__(self, policy: UpstreamPolicy = POLICY) -> None:
        self.fleet = Fleet()
        registry = Registry({"catalog": policy}, runtime(), self.fleet.transport)
        self._upstream = registry.upstream("catalog")
        self._streams = registry.streams("catalog")

    @property
    def begun(self) -> int:
        return self.fleet.asked.total()

    async def call(self, client: str, *, streams: bool = False) -> int:
        request = upstream_request(deadline_s=SystemClock.monotonic_s() + 10)
        context = structs.replace(request_context(), client=client)
        if not streams:
            return (await self._upstream.call(request, context)).status
        stream = await self._streams.open(request, context)
        await stream.aclose()
        return stream.status

    def start(self, client: str, count: int) -> list["asyncio.Task[int]"]:
        return [asyncio.create_task(self.call(client)) for _ in range(count)]


async def test_a_client_takes_three_quarters_of_the_connections_at_most() -> None:
    service = Service()
    await service.call("b")
    service.fleet.gate.clear()
    many = service.start("a", 50)
    await until(lambda: service.begun == 1 + 12)
    other = service.start("b", 4)
    await until(lambda: service.begun == 1 + 12 + 4)
    service.fleet.gate.set()

    assert await asyncio.gather(*many, *other) == [200] * 54
    assert service.begun == 55


async def test_a_client_that_is_alone_takes_everything() -> None:
    service = Service()
    service.fleet.gate.clear()
    many = service.start("a", 50)
    await until(lambda: service.begun == 50)
    service.fleet.gate.set()

    assert await asyncio.gather(*many) == [200] * 50


async def test_calls_above_the_share_are_rejected_after_their_wait() -> None:
    concurrency = ConcurrencyPolicy(max_waiting=3, max_wait_s=0.05)
    service = Service(replace(POLICY, concurrency=concurrency))
    await service.call("b")
    service.fleet.gate.clear()
    many = service.start("a", 12 + 3 + 5)
    await until(lambda: sum(each.done() for each in many) == 8)
    service.fleet.gate.set()
    results = await asyncio.gather(*many, return_exceptions=True)

    assert results[:12] == [200] * 12
    for error in results[12:]:
        assert isinstance(error, UpstreamOverloaded)
        assert error.detail == "catalog: 12 calls of this client are in flight"
    assert await service.call("a") == 200
    assert await service.call("a", streams=True) == 200


async def test_calls_that_are_cancelled_lose_no_share() -> None:
    service = Service()
    await service.call("b")
    service.fleet.gate.clear()
    many = service.start("a", 40)
    await until(lambda: service.begun == 13)
    for each in (*many[:6], *many[20:26]):
        each.cancel()
    await until(lambda: service.begun == 13 + 6)
    service.fleet.gate.set()
    results = await asyncio.gather(*many, return_exceptions=True)

    assert results.count(200) == 28
    service.fleet.gate.clear()
    again = service.start("a", 40)
    await until(lambda: service.begun == 13 + 6 + 16 + 12)
    service.fleet.gate.set()
    assert await asyncio.gather(*again) == [200] * 40


def test_a_share_shrinks_with_the_capacity_and_ends_with_the_other_clients() -> None:
    capacity, clock = 40, FakeClock()
    shares = ClientShares(lambda _: capacity, clock)
    shares.take("b")
    assert sum(shares.take("a") for _ in range(50)) == 30

    capacity = 20
    for _ in range(15):
        shares.end("a")
        assert not shares.take("a")
    shares.end("a")
    assert shares.take("a")

    clock.advance(RECENT_S + 1)
    assert sum(shares.take("a") for _ in range(50)) == 50


def test_a_small_capacity_leaves_each_client_a_few_calls() -> None:
    shares = ClientShares(lambda _: 1, FakeClock())
    shares.take("b")

    assert sum(shares.take("a") for _ in range(50)) == 8
