"""The demo's services for tests: on free ports, stopped with the test."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from examples.streaming.ports import Address, addresses
from tests.support.ports import free_base_port

ROOT = Path(__file__).parents[2]
READY_TIMEOUT_S = 180.0


@dataclass
class Demo:
    """A running supervisor; `lines` is what it has printed."""

    base_port: int
    process: Process
    lines: list[str] = field(default_factory=list)

    async def line(self, containing: str) -> str:
        """The next printed line that has `containing` in it."""
        assert self.process.stdout is not None
        async with asyncio.timeout(READY_TIMEOUT_S):
            while text := (await self.process.stdout.readline()).decode().strip():
                self.lines.append(text)
                if containing in text:
                    return text
        message = f"ended without a line that has {containing!r}: {self.lines}"
        raise AssertionError(message)


@asynccontextmanager
async def running_demo(folder: Path | None = None) -> AsyncIterator[Demo]:
    """Run the services; logs and state are kept in `folder`, or nowhere."""
    base_port = free_base_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "examples.streaming", "--base-port", str(base_port)),
        *("--folder", str(folder)) if folder else (),
        "--stop-with-stdin",
        cwd=ROOT,
        stdin=PIPE,
        stdout=PIPE,
    )
    demo = Demo(base_port, process)
    try:
        await demo.line("ready")
        yield demo
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def until_all_respond(demo: Demo) -> None:
    """Wait until the supervisor has restarted what was killed."""
    async with asyncio.timeout(READY_TIMEOUT_S), httpx.AsyncClient() as http:
        for address in addresses(demo.base_port):
            await _until_it_responds(http, address)


async def _until_it_responds(http: httpx.AsyncClient, address: Address) -> None:
    while True:
        with suppress(httpx.TransportError):
            if (await http.get(f"{address.url}/health")).is_success:
                return
        await asyncio.sleep(0.05)
