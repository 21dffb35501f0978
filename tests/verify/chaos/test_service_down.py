"""All instances of one service down: the rest of every answer comes, and at once.

Down in four ways: processes that are gone, processes that are stopped in the middle
(even their health checks hang), answers of status 500, and requests that are taken and
never answered while health checks pass. Meanwhile an answer may lack what comes from
the service, must say so, and must be complete otherwise; afterwards the gateway heals
by itself.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import httpx
import orjson
import pytest

from examples.streaming.load import (
    Read,
    all_reads,
    client,
    running_load,
    take_references,
)
from tests.support.chaos import Stage, kill
from tests.support.pace import measured_pace
from tests.support.phases import Phases

SERVICE = "recommendations"
DOWN_S = 10.0
LEAST_READS = 450
HEALS_WITHIN_S = 15.0
ATTEMPT_MS, TOTAL_MS = 1000, 2000
"""The service's timeouts in the demo's weir.yaml: what a hanging service may cost."""
FINDING_OUT_S = TOTAL_MS / 1000 + 1
"""Until then a hanging service is only slow, for all that the gateway can know."""
AT_ONCE_MS = 500

Outage = Callable[[Stage], AbstractAsyncContextManager[None]]


class Tolerant:
    """Holds a body to be right that is complete, or lacks the rows and says so."""

    def __init__(self, reference: bytes) -> None:
        self._complete = reference
        self._whole = orjson.loads(reference)
        self.complete = 0
        self.partial = 0

    def __contains__(self, body: object) -> bool:
        assert isinstance(body, bytes)
        if body == self._complete:
            self.complete += 1
            return True
        right = without_rows(self._whole, orjson.loads(body))
        self.partial += right
        return right


def without_rows(whole: dict[str, Any], answer: dict[str, Any]) -> bool:
    """Say whether `answer` is `whole` but for the rows, and names them as missing."""
    if "data" in whole:
        named = [error["path"] for error in answer.pop("errors", ())]
        expected = {"data": lacking(whole["data"])}
        return named == [["viewer", "rows"]] and answer == expected
    if "viewer" not in whole:
        return False
    named = [each["path"] for each in answer.pop("_weir", {}).get("warnings", ())]
    return named == ["viewer.rows"] and answer == lacking(whole)


def lacking(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "viewer": {**data["viewer"], "rows": None}}


@asynccontextmanager
async def gone(stage: Stage) -> AsyncIterator[None]:
    """Kill both instances, again as often as they are started again."""

    async def keep_killing() -> None:
        while True:
            for address in stage.instances(SERVICE):
                with suppress(httpx.TransportError):
                    await kill(address)
            await asyncio.sleep(0.05)

    killing = asyncio.create_task(keep_killing())
    try:
        yield
    finally:
        killing.cancel()


@asynccontextmanager
async def stopped(stage: Stage) -> AsyncIterator[None]:
    async with httpx.AsyncClient() as http:
        pids = [
            (await http.get(f"{address.url}/health")).json()["pid"]
            for address in stage.instances(SERVICE)
        ]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@asynccontextmanager
async def failing(stage: Stage) -> AsyncIterator[None]:
    async with faulty(stage, "fail"):
        yield


@asynccontextmanager
async def hanging(stage: Stage) -> AsyncIterator[None]:
    async with faulty(stage, "hang"):
        yield


@asynccontextmanager
async def faulty(stage: Stage, mode: str) -> AsyncIterator[None]:
    await set_fault(stage, mode)
    try:
        yield
    finally:
        await set_fault(stage, "none")


async def set_fault(stage: Stage, mode: str) -> None:
    async with httpx.AsyncClient() as http:
        for address in stage.instances(SERVICE):
            answer = await http.post(f"{address.url}/_fault", json={"mode": mode})
            answer.raise_for_status()


@pytest.mark.parametrize(
    ("outage", "slowest_ms"),
    [
        (gone, ATTEMPT_MS),
        (failing, ATTEMPT_MS),
        (hanging, TOTAL_MS + AT_ONCE_MS),
        (stopped, TOTAL_MS + AT_ONCE_MS),
    ],
    ids=["gone", "failing", "hanging", "stopped"],
)
async def test_a_service_that_is_down_costs_its_own_part(
    stage: Stage, outage: Outage, slowest_ms: float
) -> None:
    async with client(stage.gateway.url) as http:
        references = await take_references(http, all_reads())
    judges = {read: Tolerant(next(iter(ref))) for read, ref in references.items()}
    pace = await measured_pace(stage.gateway.url)
    async with running_load(stage.gateway.url, pace.per_second, judges) as report:
        phases = Phases(report)
        await asyncio.sleep(2)
        phases.end("before", counted(judges))
        async with outage(stage):
            await asyncio.sleep(FINDING_OUT_S)
            phases.end(f"first {FINDING_OUT_S:.0f} s", counted(judges))
            await asyncio.sleep(DOWN_S)
            down = phases.end("then", counted(judges))
        healed_s = await until_complete(stage)
        phases.end("healing", f"complete after {healed_s:.1f} s, {counted(judges)}")
        await asyncio.sleep(2)
    after = phases.end("after", counted(judges))

    title = f"all of {SERVICE} {outage.__name__}, {pace}"
    print("\n".join(phases.table(title)))
    assert report.clean
    assert report.sent >= pace.least(LEAST_READS)
    assert down.latency_ms(0.9) < pace.allowed(AT_ONCE_MS)
    assert report.latency_ms(1) < pace.allowed(slowest_ms)
    assert after.latency_ms(0.9) < pace.allowed(AT_ONCE_MS)


def counted(judges: dict[Read, Tolerant]) -> str:
    """Say how many answers were which since the last time."""
    complete = sum(each.complete for each in judges.values())
    partial = sum(each.partial for each in judges.values())
    for each in judges.values():
        each.complete = each.partial = 0
    return f"{complete} complete, {partial} without rows"


async def until_complete(stage: Stage) -> float:
    """Seconds until the home screen is complete twenty times in a row."""
    started_s = time.monotonic()
    in_a_row, first_s = 0, 0.0
    async with (
        asyncio.timeout(HEALS_WITHIN_S),
        httpx.AsyncClient(base_url=stage.gateway.url) as http,
    ):
        while in_a_row < 20:
            whole = "_weir" not in (await http.get("/web/v1/home")).json()
            in_a_row = in_a_row + 1 if whole else 0
            if in_a_row == 1:
                first_s = time.monotonic() - started_s
            await asyncio.sleep(0.05)
    return first_s
