"""What is done to a running demo under load, and what must not be seen of it."""

import asyncio
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx

from examples.streaming.load import (
    Accepted,
    LoadReport,
    all_reads,
    client,
    merged,
    running_load,
    take_references,
)
from examples.streaming.ports import Address, addresses
from tests.support.gateway import Gateway

BACK_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Stage:
    """A gateway and the services behind it."""

    gateway: Gateway
    base_port: int

    def instances(self, service: str) -> list[Address]:
        return [a for a in addresses(self.base_port) if a.service == service]


async def kill_one_of_each(
    stage: Stage, services: Iterable[str], per_second: float
) -> LoadReport:
    """SIGKILL the first instance of each service in turn, under load.

    The supervisor starts it again; the next one is killed when the gateway says that
    the last one is back.
    """
    async with running_load(stage.gateway.url, per_second) as report:
        for service in services:
            await asyncio.sleep(1)
            await kill(stage.instances(service)[0])
            await until_healthy(stage, service, restarted=True)
        await asyncio.sleep(1)
    return report


async def kill(address: Address) -> None:
    async with httpx.AsyncClient() as http:
        health = (await http.get(f"{address.url}/health")).json()
    os.kill(health["pid"], signal.SIGKILL)


async def until_healthy(stage: Stage, service: str, *, restarted: bool = False) -> None:
    """Wait until the gateway sees every instance of `service` as healthy.

    A restarted one must have been seen as unhealthy first.
    """
    seen_down = not restarted
    async with asyncio.timeout(BACK_TIMEOUT_S), httpx.AsyncClient() as http:
        while True:
            url = f"{stage.gateway.control}/services/{service}/endpoints"
            endpoints = (await http.get(url)).json()["endpoints"]
            healths = {each["health"] for each in endpoints}
            seen_down = seen_down or healths != {"healthy"}
            if seen_down and healths == {"healthy"}:
                return
            await asyncio.sleep(0.05)


async def stop_all(stage: Stage, service: str) -> None:
    """Make every instance of `service` hang up at once, health checks included."""
    for address in stage.instances(service):
        await kill(address)


@dataclass(frozen=True)
class Alternating:
    """A configuration file that is one of two, and the answers that each gives."""

    file: Path
    texts: tuple[str, str]

    def put(self, index: int) -> None:
        # Replaced, not written over: a reload never reads half a file.
        new = self.file.with_suffix(".next")
        new.write_text(self.texts[index % 2])
        new.replace(self.file)


async def reload_under_load(
    gateway: Gateway, config: Alternating, reloads: int, per_second: float
) -> LoadReport:
    """Alternate two configurations by SIGHUP; answers belong wholly to one of them."""
    accepted = await references_of_both(gateway, config)
    async with running_load(gateway.url, per_second, accepted) as report:
        for index in range(reloads):
            config.put(index + 1)
            gateway.signal(signal.SIGHUP)
            await gateway.logged("generation_changed", within_s=30)
            await asyncio.sleep(0.2)
    return report


async def references_of_both(gateway: Gateway, config: Alternating) -> Accepted:
    found: list[Accepted] = []
    await gateway.logged("generation_changed")
    async with client(gateway.url) as http:
        for index in (1, 0):
            config.put(index)
            gateway.signal(signal.SIGHUP)
            await gateway.logged("generation_changed", within_s=30)
            found.append(await take_references(http, all_reads()))
    return merged(*found)
