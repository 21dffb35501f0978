"""An evening with one service down from the start, as an operator and a client see it.

The gateway starts, reloads, drains, scales, takes changes, rejects a wrong one, and
recovers. Each step is visible in the log, the metrics or the control port. Meanwhile a
client reads all that the façades serve: a response may lack what comes from the service
that is down, must say so, and is complete otherwise. A resource that cannot be without
that service is an error that names it, and no other one.
"""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson

from examples.streaming.load import Accepted, Load, all_reads, running, take_references
from tests.support.chaos import Stage, kill, without_restarts
from tests.support.demo import Demo, running_demo, until_all_respond
from tests.support.gateway import (
    Gateway,
    demo_variables,
    patient_demo_config,
    running_gateway,
)
from tests.support.honest_load import Honest, Waiting
from tests.support.pace import Pace, measured_pace
from tests.support.phases import Phases
from tests.support.steady_load import patient_client

DOWN = "reviews"
PATIENCE_S = 120.0
READS = 40
"""Reads in each step."""


class WithoutOne(Honest):
    """The right responses while one service is down, which errors name in a way."""

    def __init__(self, reference: bytes, names: tuple[str, ...]) -> None:
        super().__init__(reference)
        self._names = names

    def __contains__(self, body: object) -> bool:
        assert isinstance(body, bytes)
        answer = orjson.loads(body)
        if answer.get("code") not in {"INCOMPLETE_DATA", "SERVICES_UNAVAILABLE"}:
            return super().__contains__(body)
        is_named: bool = answer["detail"].startswith(self._names)
        self.partial += is_named
        return is_named


@dataclass
class Evening:
    """A gateway, what its operator does, and the reads of its clients."""

    stage: Stage
    config: Path
    control: httpx.AsyncClient
    phases: Phases
    judges: list[WithoutOne]
    waiting: Waiting
    seen_partial: int = 0

    @property
    def gateway(self) -> Gateway:
        return self.stage.gateway

    async def end(self, step: str) -> None:
        """End a step after enough reads; all of them are right."""
        before = sum(each.report.sent for each in self.phases.done)

        async def has_enough() -> bool:
            return self.phases.report.sent >= before + READS

        await until(has_enough)
        partial = sum(each.partial for each in self.judges)
        waited = f"waited for CPU {100 * self.waiting.share():.0f} %"
        note = f"{partial - self.seen_partial} partial, {waited}"
        self.seen_partial = partial
        self.phases.end(step, note)

    async def edit(self, old: str, new: str) -> None:
        """Edit the configuration file, as an operator by hand, and reload."""
        text = self.config.read_text()
        assert text.count(old) == 1, old
        following = self.config.with_suffix(".next")
        following.write_text(text.replace(old, new))
        following.replace(self.config)
        self.gateway.signal(signal.SIGHUP)

    async def endpoints(self, service: str) -> dict[str, str]:
        answer = await self.control.get(f"/services/{service}/endpoints")
        return {each["url"]: each["health"] for each in answer.json()["endpoints"]}

    async def generation(self) -> str:
        answer = await self.control.get("/generation")
        serving: str = answer.json()["id"]
        return serving

    async def until_changed(self, before: str) -> None:
        """Wait for another generation, and for its line in the log."""

        async def is_another() -> bool:
            return await self.generation() != before

        async def is_logged() -> bool:
            serving = await self.generation()
            return any(
                line.get("event") == "generation_changed" and serving in line.values()
                for line in self.gateway.log
            )

        await until(is_another)
        await until(is_logged)

    async def copies(self) -> tuple[list[Any], float]:
        """Return the SDL copies that are in use: by `/ready`, and by the metrics."""
        ready = await self.control.get("/ready")
        metrics = (await self.control.get("/metrics")).text
        count = re.search(r"^gateway_sdl_copies_in_use (\S+)", metrics, re.MULTILINE)
        assert ready.status_code == httpx.codes.OK
        return ready.json()["sdl_copies"], float(count[1]) if count else 0.0


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def evening(
    gateway: Gateway, demo: Demo, config: Path, references: Accepted, pace: Pace
) -> AsyncIterator[Evening]:
    stage = Stage(gateway, demo.base_port)
    names = (f"{DOWN}: ", *(each.url for each in stage.instances(DOWN)))
    judges = {
        read: WithoutOne(next(iter(body)), names) for read, body in references.items()
    }
    async with (
        patient_client(gateway.url) as http,
        httpx.AsyncClient(base_url=gateway.control, timeout=PATIENCE_S) as control,
        running(Load(http, judges, pace.per_second)) as report,
    ):
        waiting = Waiting(gateway.process.pid)
        waiting.share()
        phases = Phases(report)
        yield Evening(stage, config, control, phases, [*judges.values()], waiting)


async def test_an_evening_with_a_service_down_costs_only_its_own_part(
    tmp_path: Path,
) -> None:
    config = tmp_path / "weir.yaml"
    config.write_text(patient_demo_config())
    async with running_demo() as demo:
        variables = {
            **demo_variables(demo.base_port),
            "WEIR_STATE_DIR": str(tmp_path / "state"),
        }
        async with running_gateway(config, variables) as gateway:
            async with patient_client(gateway.url) as http:
                references = await take_references(http, all_reads())
            pace = await measured_pace(gateway.url, references)
        with without_restarts(demo):
            for address in Stage(gateway, demo.base_port).instances(DOWN):
                await kill(address)
            async with (
                running_gateway(config, variables) as gateway,
                evening(gateway, demo, config, references, pace) as seen,
            ):
                for step in (starts, reloads, drains, scales, changes, rejects):
                    await step(seen)
                demo.process.send_signal(signal.SIGCONT)
                await recovers(seen, demo)

    print("\n".join(seen.phases.table(f"{DOWN} down from the start, {pace}")))
    report = seen.phases.report
    assert report.clean, report.problems
    assert seen.phases.done[-1].note.startswith("0 partial")


async def starts(seen: Evening) -> None:
    used = await seen.gateway.logged("sdl_copy_used", PATIENCE_S)
    copies, count = await seen.copies()

    assert used["subgraph"] == f"subgraphs.{DOWN}"
    assert [each["upstream"] for each in copies] == [DOWN]
    assert count == 1
    await seen.end("start")


async def reloads(seen: Evening) -> None:
    before = await seen.generation()
    await seen.edit("hedge: {after: 50s}", "hedge: {after: 51s}")
    await seen.until_changed(before)
    await seen.end("reload")


async def drains(seen: Evening) -> None:
    first, second = (each.url for each in seen.stage.instances("catalog"))
    place = f"/services/catalog/endpoints/{first.removeprefix('http://')}"

    drained = await seen.control.put(place, json={"enabled": False})
    remaining = await seen.endpoints("catalog")
    await seen.end("drain")
    back = await seen.control.put(place, json={"enabled": True})

    assert (drained.status_code, back.status_code) == (200, 200)
    assert set(remaining) == {second}
    assert set(await seen.endpoints("catalog")) == {first, second}
    await seen.end("back")


async def scales(seen: Evening) -> None:
    first, second = (each.url for each in seen.stage.instances("users"))
    place = f"/services/users/endpoints/{second.removeprefix('http://')}"

    gone = await seen.control.delete(place)
    fewer = await seen.endpoints("users")
    await seen.end("scale down")
    added = await seen.control.put(place, json={"weight": 2})

    assert (gone.status_code, added.status_code) == (200, 200)
    assert set(fewer) == {first}
    assert set(await seen.endpoints("users")) == {first, second}
    await seen.end("scale up")


async def changes(seen: Evening) -> None:
    before = await seen.generation()
    await seen.edit("interval: 250ms", "interval: 300ms")
    await seen.until_changed(before)
    await seen.end("change")


async def rejects(seen: Evening) -> None:
    before = await seen.generation()
    await seen.edit("balancing: power_of_two", "balancing: power_of_ten")
    rejected = await seen.gateway.logged("config_rejected", PATIENCE_S)
    after = await seen.generation()
    await seen.edit("balancing: power_of_ten", "balancing: power_of_two")

    assert "power_of_ten" in str(rejected)
    assert after == before
    await seen.end("rejected")


async def recovers(seen: Evening, demo: Demo) -> None:
    async def is_fetched() -> bool:
        return await seen.copies() == ([], 0.0)

    async def is_healthy() -> bool:
        return {*(await seen.endpoints(DOWN)).values()} == {"healthy"}

    async def is_complete() -> bool:
        async with patient_client(seen.gateway.url) as http:
            return "_weir" not in (await http.get("/web/v1/titles/t1337")).json()

    await until_all_respond(demo)
    for step in (is_fetched, is_healthy, is_complete):
        await until(step)
    await seen.end("recovery")
    await seen.end("after")
