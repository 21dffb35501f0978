"""Reloads under load fail no request, and no response is of two generations.

Two configurations alternate by SIGHUP. They differ in the schemas of all façades, in
the profiles of the stored operations and in the policies of all upstreams, so that
stacks, plans and schemas are new each time. Each request has an id. The log names the
generation that served it, and the body must be that of this generation. Rejected
reloads change nothing, and the log has the reason.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.streaming.load import (
    Accepted,
    Load,
    Read,
    all_reads,
    client,
    merged,
    running,
    running_load,
    take_references,
)
from tests.support.chaos import Alternating, Stage
from tests.support.demo import running_demo
from tests.support.gateway import (
    Gateway,
    demo_config,
    demo_variables,
    running_gateway,
)
from tests.support.pace import measured_pace
from tests.support.phases import Phases

RELOADS = 20
LEAST_READS = 500
PAUSE_S = 0.5

BROKEN = {
    "unknown key": ("mode: development", "mood: development"),
    "unknown upstream": ("playback: {upstream: playback}", "playback: {upstream: p}"),
    "no subgraph there": ("{upstream: reviews}", "{upstream: reviews, path: /no}"),
    "bad profile": (
        '"Image.url(width:)": {default: 640',
        '"Image.url(w:)": {default: 6',
    ),
    "no YAML": ("upstreams:", "upstreams: ]"),
}


@pytest.fixture
def config(tmp_path: Path) -> Alternating:
    one = demo_config()
    other = one.replace("breaker: {failures: 5", "breaker: {failures: 6")
    other = other.replace("balancing: power_of_two", "balancing: round_robin")
    for smaller in (
        ('rows(first:)": {default: 6', 'rows(first:)": {default: 3'),
        ('rows(first:)": {default: 4', 'rows(first:)": {default: 2'),
        ('rows(first:)": {default: 5', 'rows(first:)": {default: 3'),
        ("default: 640, max: 1920", "default: 480, max: 1920"),
        ("default: 320, max: 640", "default: 240, max: 640"),
        ("default: 1920, max: 3840", "default: 1280, max: 3840"),
    ):
        assert other.count(smaller[0]) == 1, smaller
        other = other.replace(*smaller)
    alternating = Alternating(tmp_path / "weir.yaml", (one, other))
    alternating.put(0)
    return alternating


@pytest.fixture
async def reloadable(config: Alternating) -> AsyncIterator[Stage]:
    async with (
        running_demo() as demo,
        running_gateway(config.file, demo_variables(demo.base_port)) as gateway,
    ):
        yield Stage(gateway, demo.base_port)


class Witness:
    """An observer that gives each request an id and records its response."""

    def __init__(self) -> None:
        self.responses: dict[str, tuple[Read, bytes]] = {}
        self._number = 0

    def watch(self, http: httpx.AsyncClient) -> None:
        http.event_hooks = {"request": [self._name], "response": [self._note]}

    async def _name(self, request: httpx.Request) -> None:
        self._number += 1
        request.headers["x-request-id"] = f"reload-{self._number}"

    async def _note(self, response: httpx.Response) -> None:
        request = response.request
        path = request.url.raw_path.decode()
        read = Read(request.method, path, request.content.decode())
        self.responses[request.headers["x-request-id"]] = (read, await response.aread())


async def test_each_response_is_of_one_generation(
    reloadable: Stage, config: Alternating
) -> None:
    gateway, witness = reloadable.gateway, Witness()
    references = await references_by_generation(gateway, config)
    pace = await measured_pace(gateway.url, merged(*references.values()))
    async with client(gateway.url) as http:
        witness.watch(http)
        load = Load(http, merged(*references.values()), pace.per_second)
        async with running(load) as report:
            phases = Phases(report)
            await asyncio.sleep(2)
            phases.end("before")
            for number in range(RELOADS):
                changed = await reload(gateway, config, number + 1)
                await asyncio.sleep(PAUSE_S)
                phases.end(f"reload {number + 1}", f"to {changed['after']}")
            await asyncio.sleep(1)
    phases.end("after")
    await until_all_is_logged(gateway, witness)
    mixed = responses_of_another(gateway, witness, references)

    print("\n".join(phases.table(f"{RELOADS} reloads, {pace}")))
    one, other = references.values()
    print(
        f"{len(witness.responses)} responses compared with the generation that the log"
        f" names, {len(mixed)} of another; {sum(one[r] != other[r] for r in one)} of"
        f" {len(one)} reads differ between the two"
    )
    assert report.clean
    assert report.sent >= pace.least(LEAST_READS)
    assert len(witness.responses) == report.sent
    assert mixed == []


async def reload(gateway: Gateway, config: Alternating, index: int) -> dict[str, Any]:
    config.put(index)
    gateway.signal(signal.SIGHUP)
    return await gateway.logged("generation_changed", within_s=30)


async def references_by_generation(
    gateway: Gateway, config: Alternating
) -> Mapping[str, Accepted]:
    await gateway.logged("generation_changed")
    found: dict[str, Accepted] = {}
    async with client(gateway.url) as http:
        for index in (1, 0):
            changed = await reload(gateway, config, index)
            found[changed["after"]] = await take_references(http, all_reads())
    return found


async def until_all_is_logged(gateway: Gateway, witness: Witness) -> None:
    """Wait for the log's last lines, which are written a moment later."""
    for _ in range(50):
        if witness.responses.keys() <= generations_logged(gateway).keys():
            return
        await asyncio.sleep(0.1)


def generations_logged(gateway: Gateway) -> Mapping[str, str]:
    return {
        line["request_id"]: line["generation"]
        for line in gateway.log
        if line["event"] == "request"
    }


def responses_of_another(
    gateway: Gateway, witness: Witness, references: Mapping[str, Accepted]
) -> list[str]:
    """Return the requests whose body is not that of the generation in the log."""
    generations = generations_logged(gateway)
    return [
        f"{request_id}: {read} of {generations[request_id]}"
        for request_id, (read, body) in witness.responses.items()
        if body not in references[generations[request_id]][read]
    ]


async def test_a_rejected_reload_changes_nothing(
    reloadable: Stage, config: Alternating
) -> None:
    gateway = reloadable.gateway
    before = (await gateway.logged("generation_changed"))["after"]
    reasons: dict[str, str] = {}
    pace = await measured_pace(gateway.url)
    async with running_load(gateway.url, pace.per_second) as report:
        phases = Phases(report)
        for name, (right, wrong) in BROKEN.items():
            assert right in config.texts[0], right
            config.file.write_text(config.texts[0].replace(right, wrong))
            gateway.signal(signal.SIGHUP)
            rejected = await gateway.logged("config_rejected", within_s=30)
            reasons[name] = rejected["reason"].replace(str(config.file.parent), "")
            await asyncio.sleep(1)
            phases.end(name, reasons[name][:100])
    phases.end("after")

    print("\n".join(phases.table(f"rejected reloads, {pace}")))
    async with httpx.AsyncClient() as http:
        serving = (await http.get(f"{gateway.control}/generation")).json()["id"]
    assert report.clean
    assert serving == before
    assert set(reasons) == set(BROKEN)
