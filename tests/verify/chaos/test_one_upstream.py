"""One upstream of two instances, under load, with one of them in trouble.

Each case sends up to 100 calls a second for some seconds, with a deadline of 2 s, and
compares each body. The processes, sockets and signals are real, and chance is seeded.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from tests.support.calls import request_context, upstream_request
from tests.support.pace import Pace, measured_calls
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

MOST_PER_SECOND = 100.0
WIDTH = 4
"""The calls that a narrow instance works on at the same time."""
USUAL_MS = 4.0
"""The median latency of four calls at a time on a usual machine."""
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
    """The outcomes of calls."""

    took_s: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    rejected_s: list[float] = field(default_factory=list)

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


async def send(upstream: Upstream, number: int, report: Report) -> None:
    started_s = time.monotonic()
    request = upstream_request(
        "POST", "/", body=b"%d" % number, deadline_s=started_s + DEADLINE_S
    )
    try:
        response = await upstream.call(request, request_context())
    except UpstreamError as error:
        report.failed.append(error.code)
        report.rejected_s.append(time.monotonic() - started_s)
        return
    took_s = time.monotonic() - started_s
    if response.status != 200:
        report.failed.append(str(response.status))
    elif json.loads(response.body)["echo"] != number or took_s > DEADLINE_S + 0.1:
        report.failed.append("wrong or late")
    else:
        report.took_s.append(took_s)


async def measured(upstream: Upstream) -> Pace:
    """Measure the calls of an upstream without faults."""
    report = Report()
    pace = await measured_calls(
        lambda number: send(upstream, number, report), MOST_PER_SECOND, USUAL_MS
    )
    assert not report.failed
    return pace


async def load(upstream: Upstream, seconds: float, rate: float) -> Report:
    """Send calls at a steady rate, whether or not earlier ones have finished."""
    report = Report()
    began_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * rate)):
            pause_s = began_s + number / rate - time.monotonic()
            await asyncio.sleep(max(0.0, pause_s))
            group.create_task(send(upstream, number, report))
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
    upstream: Upstream, seconds: float, trouble: Callable[[], Awaitable[None]]
) -> Report:
    rate = (await measured(upstream)).per_second
    loading = asyncio.create_task(load(upstream, seconds, rate))
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

        report = await while_loaded(registry.upstream("catalog"), 5.0, trouble)

    report.show(f"killed, {balancing}")
    assert not report.failed


@pytest.mark.parametrize("hedge", [None, HedgePolicy(after_s=0.05)])
async def test_frozen(hedge: HedgePolicy | None) -> None:
    async with upstream_of(replace(POLICY, hedge=hedge), "ok", "ok") as (
        registry,
        processes,
    ):
        upstream = registry.upstream("catalog")
        pace = await measured(upstream)
        await load(upstream, 1.0, pace.per_second)
        processes[0].freeze()
        at_first = await load(upstream, 2.0, pace.per_second)
        ejected = await load(upstream, 6.0, pace.per_second)
        processes[0].thaw()

    name = "frozen, hedged" if hedge else "frozen"
    at_first.show(name)
    ejected.show(f"{name}, ejected")
    assert at_first.complete >= 0.995
    assert not ejected.failed
    assert ejected.quantile_s(0.99) < pace.allowed(300) / 1000


async def test_slow() -> None:
    policy = replace(POLICY, balancing="power_of_two")
    async with upstream_of(policy, "ok", "ok") as (registry, _):
        pace = await measured(registry.upstream("catalog"))
        healthy = await load(registry.upstream("catalog"), 4.0, pace.per_second)
    async with upstream_of(policy, "ok", "slow") as (registry, _):
        await load(registry.upstream("catalog"), 1.0, pace.per_second)
        report = await load(registry.upstream("catalog"), 4.0, pace.per_second)

    healthy.show("both fast")
    report.show("one slow, p2c")
    assert not report.failed
    # The slow one takes 150 ms. A busy machine alone makes the others take 30.
    limit_s = max(1.5 * healthy.quantile_s(0.99), pace.allowed(80) / 1000)
    assert report.quantile_s(0.99) < limit_s


@pytest.mark.parametrize("mode", ["reset", "broken", "flapping"])
async def test_misbehaving(mode: str) -> None:
    async with upstream_of(POLICY, "ok", "ok") as (registry, _):
        rate = (await measured(registry.upstream("catalog"))).per_second
    async with upstream_of(POLICY, "ok", mode) as (registry, _):
        report = await load(registry.upstream("catalog"), 5.0, rate)

    report.show(mode)
    assert report.complete >= 0.995


async def test_all_down_and_back() -> None:
    async with upstream_of(POLICY, "ok", "ok") as (registry, processes):
        upstream = registry.upstream("catalog")
        pace = await measured(upstream)
        for process in processes:
            await process.kill()
        await load(upstream, 0.5, pace.per_second)
        rejected = Report()
        started_s = time.monotonic()
        for number in range(100):
            await send(upstream, number, rejected)
        each_s = (time.monotonic() - started_s) / 100
        for process in processes:
            await process.start()
        healed_s = await until_served(upstream)
        after = await load(upstream, 1.0, pace.per_second)

    after.show("all down, then back")
    print(f"rejected in {1000 * each_s:.2f} ms, healed in {healed_s:.2f} s")
    assert len(rejected.failed) == 100
    assert each_s < pace.allowed(20) / 1000
    assert healed_s < POLICY.breaker.open_for_s + pace.allowed(1000) / 1000
    assert not after.failed


async def until_served(upstream: Upstream) -> float:
    """Wait until as many calls in a row succeed as close the breaker."""
    started_s, served = time.monotonic(), 0
    while served < POLICY.breaker.probes:
        report = Report()
        await send(upstream, 1, report)
        served = 0 if report.failed else served + 1
        await asyncio.sleep(0.01)
    return time.monotonic() - started_s


@pytest.mark.parametrize(
    "concurrency",
    [
        ConcurrencyPolicy(max_in_flight=8, max_waiting=64),
        ConcurrencyPolicy(max_in_flight=64, adaptive=True),
    ],
    ids=["fixed", "adaptive"],
)
async def test_overload(concurrency: ConcurrencyPolicy) -> None:
    """Of ten times what an upstream can serve, the rest is rejected at once."""
    async with upstream_of(POLICY, "ok", "ok") as (registry, _):
        pace = await measured(registry.upstream("catalog"))
    work_s = WIDTH / pace.per_second
    policy = replace(
        POLICY,
        concurrency=replace(concurrency, max_wait_s=5 * work_s),
        timeout=TimeoutPolicy(attempt_s=12.5 * work_s, total_s=50 * work_s),
        transport=replace(POLICY.transport, connections=ConnectionPolicy(max_open=16)),
        retry=RetryPolicy(attempts=0),
    )
    async with upstream_of(policy, f"narrow:{work_s}") as (registry, _):
        upstream = registry.upstream("catalog")
        alone = await load(upstream, 3.0, 0.9 * pace.per_second)
        report = await load(upstream, 5.0, 10 * pace.per_second)

    alone.show("at its capacity")
    report.show("ten times that")
    at_once_s = pace.allowed(20) / 1000
    quick = sum(rejected_s < at_once_s for rejected_s in report.rejected_s)
    share = quick / len(report.rejected_s)
    print(f"{100 * share:.2f} % rejected in less than {1000 * at_once_s:.0f} ms")
    assert set(report.failed) <= {UpstreamOverloaded.row.code}
    assert share > 0.99
    assert len(report.took_s) / 5.0 > 0.9 * len(alone.took_s) / 3.0
    assert report.quantile_s(0.99) < 15 * work_s
