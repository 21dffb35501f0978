"""One instance of each service in trouble, in turn, under the façades' reads.

Clients wait for 2 s and not longer. The trouble is of three kinds: the process is
stopped (SIGSTOP: it accepts connections and says nothing), it is stopped and let go
again every now and then, or it answers, 300 ms later than its twin.
"""

import asyncio
from random import Random

from examples.streaming.ports import OFFSETS
from tests.support.chaos import Stage, until_healthy
from tests.support.honest_load import DEADLINE_S, honest_load
from tests.support.pace import measured_pace
from tests.support.troubles import faulty, frozen, until_ejected

LEAST_READS = 1500
COMPLETE = 0.995
SEED = 20241122

FOUND_OUT_WITHIN_S = 5.0
SLOW_S = 0.3
BUSY_MS = 100.0
"""What a p99 may be on a machine that runs the load and all services as well."""
EJECTED_MS = 300.0


async def test_a_frozen_instance_costs_no_answer(stage: Stage) -> None:
    ejected_p99s: dict[str, float] = {}
    pace = await measured_pace(stage.gateway.url)
    async with honest_load(stage, pace) as load:
        await asyncio.sleep(4)
        healthy_ms = load.end("before").latency_ms(0.99)
        for service in OFFSETS:
            instance = stage.instances(service)[0]
            async with frozen(instance):
                found_s = await until_ejected(stage, instance, FOUND_OUT_WITHIN_S)
                await asyncio.sleep(1)  # who was sent there before is still on the way
                load.end(f"{service} frozen", f"ejected after {found_s:.1f} s")
                await asyncio.sleep(4)
                ejected = load.end(f"{service} ejected")
                ejected_p99s[service] = ejected.latency_ms(0.99)
            await until_healthy(stage, service)
            load.end(f"{service} back")

    print(load.table(f"one instance frozen in turn, {pace}"))
    assert load.report.sent >= pace.least(LEAST_READS)
    assert load.report.wrong == 0
    assert load.complete_share >= COMPLETE
    assert load.report.latency_ms(1) < pace.allowed(DEADLINE_S * 1000)
    # On a machine that is busy with other things it may be what it was before.
    limit_ms = max(EJECTED_MS, 1.5 * healthy_ms)
    assert max(ejected_p99s.values()) < limit_ms, ejected_p99s


async def test_an_instance_that_freezes_now_and_then_costs_no_answer(
    stage: Stage,
) -> None:
    rng = Random(SEED)  # noqa: S311 - no secret
    pace = await measured_pace(stage.gateway.url)
    async with honest_load(stage, pace) as load:
        await asyncio.sleep(2)
        load.end("before")
        for service in OFFSETS:
            for _ in range(6):
                async with frozen(stage.instances(service)[1]):
                    await asyncio.sleep(rng.uniform(0.2, 0.8))
                await asyncio.sleep(rng.uniform(0.2, 0.8))
            load.end(f"{service} flapping")

    print(load.table(f"one instance flapping in turn, {pace}"))
    assert load.report.sent >= pace.least(LEAST_READS)
    assert load.report.wrong == 0
    assert load.complete_share >= COMPLETE
    assert load.report.latency_ms(1) < pace.allowed(DEADLINE_S * 1000)


async def test_a_slow_instance_is_hardly_asked(stage: Stage) -> None:
    p99s: dict[str, float] = {}
    pace = await measured_pace(stage.gateway.url)
    async with honest_load(stage, pace) as load:
        await asyncio.sleep(8)
        healthy_ms = load.end("healthy").latency_ms(0.99)
        for service in OFFSETS:
            async with faulty(stage.instances(service)[:1], "slow", SLOW_S):
                await asyncio.sleep(2)
                load.end(f"{service} slow", "at first")
                await asyncio.sleep(6)
                p99s[service] = load.end(f"{service} slow").latency_ms(0.99)
            await asyncio.sleep(1)
            load.end(f"{service} back")

    print(load.table(f"one instance {SLOW_S * 1000:.0f} ms slower, {pace}"))
    slowest = max(p99s.values())
    print(f"p99 {slowest:.0f} ms, {slowest / healthy_ms:.2f} times the healthy one's")
    assert load.report.sent >= pace.least(LEAST_READS)
    assert load.complete_share >= COMPLETE
    assert slowest < max(1.5 * healthy_ms, BUSY_MS)
