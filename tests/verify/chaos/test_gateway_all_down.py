"""All instances of each service down, in turn: it is found out, said at once, and ends.

Down in two ways: answers of status 500, and processes that are stopped. The breaker
opens after as many failed calls as its threshold says (a few more were already on the
way); from then on the gateway says without asking that the service is missing; and
when the service is mended, it is whole again within the breaker's `open_for` and 1 s.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from statistics import median
from typing import Any

import orjson
import pytest

from examples.streaming.ports import OFFSETS, Address
from tests.support.chaos import Stage, until_healthy
from tests.support.honest_load import honest_load
from tests.support.light_client import LightClient, light_client
from tests.support.pace import measured_pace
from tests.support.troubles import asked_of, faulty, frozen, until_breaker

LEAST_READS = 1500
THRESHOLD = 5
OPEN_FOR_S = 2.0
FOUND_OUT_WITHIN_S = 6.0
HEALS_WITHIN_S = 20.0
ASKED = 50
AT_ONCE_MS = 20.0

PROBES = {
    "catalog": '{ title(id: "t431") { name } }',
    "users": '{ viewer(id: "u1") { user { name } } }',
    "recommendations": '{ viewer(id: "u1") { rows { name } } }',
    "playback": '{ title(id: "t431") { streams { id } } }',
    "reviews": '{ title(id: "t431") { reviews { id } } }',
}
"""For each service a question that is not answered without it."""

Outage = Callable[..., AbstractAsyncContextManager[None]]


def failing(*instances: Address) -> AbstractAsyncContextManager[None]:
    return faulty(instances, "fail")


async def ask(client: LightClient, service: str) -> dict[str, Any]:
    question = orjson.dumps({"query": PROBES[service]})
    body: dict[str, Any] = orjson.loads(
        (await client.ask("/web/graphql", question)).body
    )
    return body


async def asked(
    client: LightClient, service: str, *, down: bool = False
) -> list[float]:
    """Milliseconds of answers that lack the service or do not, in order."""
    took_ms: list[float] = []
    for _ in range(ASKED):
        started_s = time.monotonic()
        assert ("errors" in await ask(client, service)) == down
        took_ms.append((time.monotonic() - started_s) * 1000)
        await asyncio.sleep(0.01)
    return sorted(took_ms)


async def until_whole(client: LightClient, service: str) -> float:
    started_s = time.monotonic()
    async with asyncio.timeout(HEALS_WITHIN_S):
        while "errors" in await ask(client, service):  # noqa: ASYNC110 - it polls
            await asyncio.sleep(0.02)
    return time.monotonic() - started_s


@pytest.mark.parametrize("outage", [failing, frozen])
async def test_a_service_that_is_down_is_missed_at_once(
    stage: Stage, outage: Outage
) -> None:
    quick: dict[str, float] = {}
    quick_p90: dict[str, float] = {}
    usual: dict[str, float] = {}
    healed: dict[str, float] = {}
    pace = await measured_pace(stage.gateway.url)
    async with (
        light_client(stage.gateway.url) as client,
        honest_load(stage, pace) as load,
    ):
        await asyncio.sleep(2)
        load.end("before")
        for service in OFFSETS:
            usual[service] = median(await asked(client, service))
            load.end(f"{service} up", f"answered in {usual[service]:.1f} ms")
            async with outage(*stage.instances(service)):
                open_s = await until_breaker(stage, service, "open", FOUND_OUT_WITHIN_S)
                load.end(f"{service} down", f"breaker open after {open_s:.2f} s")
                took_ms = await asked(client, service, down=True)
                quick[service] = median(took_ms)
                quick_p90[service] = took_ms[int(0.9 * ASKED)]
                note = f"missed in {quick[service]:.1f} ms"
                note += f", p90 {quick_p90[service]:.1f} ms"
                load.end(f"{service} open", note)
            healed[service] = await until_whole(client, service)
            load.end(f"{service} healing", f"whole after {healed[service]:.2f} s")
            await until_healthy(stage, service)
            load.end(f"{service} back")

    print(load.table(f"each service {outage.__name__} in turn, {pace}"))
    slowest, slowest_p90 = max(quick.values()), max(quick_p90.values())
    print(f"missed in {slowest:.1f} ms at most, p90 {slowest_p90:.1f} ms at most")
    assert load.report.sent >= pace.least(LEAST_READS)
    assert load.report.wrong == 0
    # Never slower than when the service is asked, however busy the machine is.
    assert all(quick[each] < max(AT_ONCE_MS, usual[each]) for each in OFFSETS), quick
    assert max(healed.values()) < OPEN_FOR_S + 1.0, healed


async def test_the_breaker_opens_at_its_threshold(stage: Stage) -> None:
    """One call after the other: as many reach the service as the threshold says."""
    counts: dict[str, int] = {}
    async with light_client(stage.gateway.url) as client:
        for service in OFFSETS:
            async with failing(*stage.instances(service)):
                await asked_of(stage, service, reset=True)
                for _ in range(4 * THRESHOLD):
                    await ask(client, service)
                counts[service] = await asked_of(stage, service)
            await until_whole(client, service)

    print(f"\n\nrequests that a failing service still got: {counts}")
    # A probe may have fallen into the time of the test.
    assert all(THRESHOLD <= count <= THRESHOLD + 1 for count in counts.values())
