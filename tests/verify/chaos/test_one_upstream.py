"""One upstream of two instances, under load, with one of them in trouble.

Each case offers 100 calls a second for some seconds, with a deadline of 2 s, and
compares each body. The processes, sockets and signals are real; chance is seeded.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests.support.calls import request_context, upstream_request
from tests.support.processes import Process, misbehaving, running
from tests.support.upstreams import instances, runtime
from weir.gateway.transport.errors import UpstreamError, UpstreamOverloaded
from weir.gateway.transport.policy import ConnectionPolicy, TransportPolicy
from weir.gateway.upstreams.model.policy import (
    Balancing,
    BreakerPolicy,
    ConcurrencyPolicy,
    HealthPolicy,
    HedgePolicy,
    RetryPolicy,
    TimeoutPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.model.upstream import Upstream
from weir.gateway.upstreams.registry import Registry

RATE = 100
DEADLINE_S = 2.0
POLICY = UpstreamPolicy(
    name="catalog",
    timeout=TimeoutPolicy(attempt_s=0.5, total_s=DEADLINE_S),
    transport=TransportPolicy(connect_s=0.5),
    health=HealthPolicy(timeout_s=0.5, recheck_s=0.2),
    breaker=BreakerPolicy(open_for_s=2.0),
)


@dataclass
class Report:
    """What became of the calls."""

    took_s: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return len(self.took_s) + len(self.failed)

    @property
    def complete(self) -> float:
        return len(self.took_s) / self.calls

    def quantile_s(self, share: float) -> float:
        return sorted(self.took_s)[int(share * (len(self.took_s) - 1))]

    def show(self, name: str) -> None:
        print(
            f"\n{name:24} {self.calls:5} calls {100 * self.complete:7.2f} % complete"
            f"   p50 {1000 * self.quantile_s(0.5):6.1f} ms"
            f"   p99 {1000 * self.quantile_s(0.99):6.1f} ms"
            f"   {sorted(set(self.failed))}"
        )


async def ask(upstream: Upstream, number: int, report: Report) -> None:
    started_s = time.monotonic()
    request = upstream_request(
        "POST", "/", body=b"%d" % number, deadline_s=started_s + DEADLINE_S
    )
    try:
        answer = await upstream.call(request, request_context())
    except UpstreamError as error:
        report.failed.append(error.code)
        report.refused_s.append(time.monotonic() - started_s)
        return
    took_s = time.monotonic() - started_s
    if answer.status != 200:
        report.failed.append(str(answer.status))
    elif json.loads(answer.body)["echo"] != number or took_s > DEADLINE_S + 0.1:
        report.failed.append("wrong or late")
    else:
        report.took_s.append(took_s)


async def load(upstream: Upstream, seconds: float, rate: int = RATE) -> Report:
    """Offer calls at a steady rate, whatever becomes of those before."""
    report = Report()
    began_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * rate)):
            pause_s = began_s + number / rate - time.monotonic()
            await asyncio.sleep(max(0.0, pause_s))
            group.create_task(ask(upstream, number, report))
    return report


@asynccontextmanager
async def upstream_of(
    policy: UpstreamPolicy, *modes: str
) -> AsyncIterator[tuple[Registry, tuple[Process, ...]]]:
    processes = misbehaving(*modes)
    async with running(*processes):
        urls = [process.url for process in processes]
        policy = replace(policy, instances=instances(*urls))
        registry = Registry({"catalog": policy}, runtime())
        registry.start()
        try:
            yield registry, processes
        finally:
            await registry.close()


async def while_loaded(
    registry: Registry, seconds: float, trouble: Callable[[], Awaitable[None]]
) -> Report:
    loading = asyncio.create_task(load(registry.upstream("catalog"), seconds))
    await trouble()
    return await loading


@pytest.mark.parametrize("balancing", ["round_robin", "power_of_two"])
async def test_killed_and_started_again(balancing: Balancing) -> None:
    policy = replace(POLICY, balancing=balancing)
    async with upstream_of(policy, "ok", "ok") as (registry, processes):

        async def trouble() -> None:
            for process in processes:
                await asyncio.sleep(1.0)
                await process.kill()
                await asyncio.sleep(0.5)
                await process.start()

        report = await while_loaded(registry, 5.0, trouble)

    report.show(f"killed, {balancing}")
    assert not report.failed


@pytest.mark.parametrize("hedge", [None, HedgePolicy(after_s=0.05)])
async def test_frozen(hedge: HedgePolicy | None) -> None:
    async with upstream_of(replace(POLICY, hedge=hedge), "ok", "ok") as (
        registry,
        processes,
    ):
        await load(registry.upstream("catalog"), 1.0)
        processes[0].freeze()
        at_first = await load(registry.upstream("catalog"), 2.0)
        ejected = await load(registry.upstream("catalog"), 6.0)
        processes[0].thaw()

    name = "frozen, hedged" if hedge else "frozen"
    at_first.show(name)
    ejected.show(f"{name}, ejected")
    assert at_first.complete >= 0.995
    assert not ejected.failed
    assert ejected.quantile_s(0.99) < 0.3


async def test_slow() -> None:
    policy = replace(POLICY, balancing="power_of_two")
    async with upstream_of(policy, "ok", "ok") as (registry, _):
        healthy = await load(registry.upstream("catalog"), 4.0)
    async with upstream_of(policy, "ok", "slow") as (registry, _):
        await load(registry.upstream("catalog"), 1.0)
        report = await load(registry.upstream("catalog"), 4.0)

    healthy.show("both quick")
    report.show("one slow, p2c")
    assert not report.failed
    # The slow one takes 150 ms; a busy machine alone makes the others take 30.
    assert report.quantile_s(0.99) < max(1.5 * healthy.quantile_s(0.99), 0.08)


@pytest.mark.parametrize("mode", ["reset", "broken", "flapping"])
async def test_misbehaving(mode: str) -> None:
    async with upstream_of(POLICY, "ok", mode) as (registry, _):
        report = await load(registry.upstream("catalog"), 5.0)

    report.show(mode)
    assert report.complete >= 0.995


async def test_all_down_and_back() -> None:
    async with upstream_of(POLICY, "ok", "ok") as (registry, processes):
        upstream = registry.upstream("catalog")
        await load(upstream, 1.0)
        for process in processes:
            await process.kill()
        await load(upstream, 0.5)
        refused = Report()
        started_s = time.monotonic()
        for number in range(100):
            await ask(upstream, number, refused)
        each_s = (time.monotonic() - started_s) / 100
        for process in processes:
            await process.start()
        healed_s = await until_answered(upstream)
        after = await load(upstream, 1.0)

    after.show("all down, then back")
    print(f"refused in {1000 * each_s:.2f} ms, healed in {healed_s:.2f} s")
    assert len(refused.failed) == 100
    assert each_s < 0.020
    assert healed_s < POLICY.breaker.open_for_s + 1.0
    assert not after.failed


async def until_answered(upstream: Upstream) -> float:
    started_s = time.monotonic()
    while True:
        report = Report()
        await ask(upstream, 1, report)
        if not report.failed:
            return time.monotonic() - started_s
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "concurrency",
    [
        ConcurrencyPolicy(max_in_flight=8, max_waiting=64, max_wait_s=0.2),
        ConcurrencyPolicy(max_in_flight=64, adaptive=True, max_wait_s=0.2),
    ],
    ids=["fixed", "adaptive"],
)
async def test_overload(concurrency: ConcurrencyPolicy) -> None:
    """Ten times what the upstream can do: it goes on at its pace, the rest is told."""
    policy = replace(
        POLICY,
        concurrency=concurrency,
        transport=replace(POLICY.transport, connections=ConnectionPolicy(max_open=16)),
        retry=RetryPolicy(attempts=0),
    )
    async with upstream_of(policy, "narrow") as (registry, _):
        upstream = registry.upstream("catalog")
        alone = await load(upstream, 3.0, rate=90)
        report = await load(upstream, 5.0, rate=1000)

    alone.show("at its capacity")
    report.show("ten times that")
    quick = sum(refused_s < 0.020 for refused_s in report.refused_s)
    print(f"{100 * quick / len(report.refused_s):.2f} % refused in under 20 ms")
    assert set(report.failed) <= {UpstreamOverloaded.row.code}
    assert quick > 0.99 * len(report.refused_s)
    assert len(report.took_s) / 5.0 > 0.9 * len(alone.took_s) / 3.0
    assert report.quantile_s(0.99) < 0.6
