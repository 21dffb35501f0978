"""What is done to a running demo under load, and what must not be seen of it."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from examples.streaming.ports import Address, addresses
from tests.support.demo import Demo
from tests.support.gateway import Gateway

BACK_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Stage:
    """A gateway and the services behind it."""

    gateway: Gateway
    base_port: int

    def instances(self, service: str) -> list[Address]:
        return [a for a in addresses(self.base_port) if a.service == service]


async def kill(address: Address) -> int:
    """SIGKILL an instance; return its process id."""
    pid = await process_id(address)
    os.kill(pid, signal.SIGKILL)
    return pid


async def process_id(address: Address) -> int:
    async with httpx.AsyncClient() as http:
        pid: int = (await http.get(f"{address.url}/health")).json()["pid"]
    return pid


async def until_restarted(address: Address, killed: int) -> None:
    """Wait until the supervisor has replaced the process `killed`."""
    async with asyncio.timeout(BACK_TIMEOUT_S):
        while True:
            with suppress(httpx.TransportError):
                if await process_id(address) != killed:
                    return
            await asyncio.sleep(0.05)


@contextmanager
def without_restarts(demo: Demo) -> Iterator[None]:
    """Keep the supervisor from restarting instances while the block runs."""
    demo.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        demo.process.send_signal(signal.SIGCONT)


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
