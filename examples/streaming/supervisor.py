"""The supervisor of the ten instances: starts them and restarts those that die."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from examples.streaming.ports import Address, addresses

RESTART_DELAY_S = 2.0
"""Long enough for health checks to detect the missing instance."""
POLL_INTERVAL_S = 0.05
HEALTH_TIMEOUT_S = 1.0
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 3.0
ROOT = Path(__file__).parents[2]


class StartFailed(Exception):
    """An instance ended or did not respond before all instances were ready."""


@dataclass(frozen=True, slots=True)
class Child:
    """One running instance."""

    address: Address
    process: Process

    @property
    def summary(self) -> str:
        return f"{self.address.name} {self.address.url} pid {self.process.pid}"


class Supervisor:
    """The processes of one demo; `report` gets a line for each change.

    `folder` has a log for each instance and the positions that the playback instances
    share. A child stops when its standard input ends, so that it never outlives the
    supervisor, even if that is killed.
    """

    def __init__(
        self, base_port: int, folder: Path, report: Callable[[str], None]
    ) -> None:
        self._addresses = tuple(addresses(base_port))
        self._folder = folder
        self._report = report
        self._children: dict[str, Child] = {}

    async def run(self, ready: Callable[[], None]) -> None:
        """Run all instances until cancelled; call `ready` when all respond.

        Raises `StartFailed` if an instance does not start.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                for address in self._addresses:
                    await self._start(address)
                await self._all_healthy()
                for child in list(self._children.values()):
                    tasks.create_task(self._watch(child))
                ready()
        finally:
            await self._stop()

    async def _start(self, address: Address) -> Child:
        with (self._folder / f"{address.name}.log").open("ab") as log:
            process = await start_process(address, self._folder, log)
        child = Child(address, process)
        self._children[address.name] = child
        return child

    async def _all_healthy(self) -> None:
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                for child in self._children.values():
                    if not await self._answers(child):
                        raise StartFailed(self._last_words(child.address))
        except TimeoutError:
            message = f"not ready within {START_TIMEOUT_S:.0f} s; see {self._folder}"
            raise StartFailed(message) from None

    async def _answers(self, child: Child) -> bool:
        """Wait until `child` responds; return False if it ends before."""
        while not await answers_health(child):
            if child.process.returncode is not None:
                return False
            await asyncio.sleep(POLL_INTERVAL_S)
        self._report(child.summary)
        return True

    def _last_words(self, address: Address) -> str:
        log = (self._folder / f"{address.name}.log").read_text(errors="replace")
        last = (log.strip() or "it wrote nothing").rsplit("\n", 1)[-1]
        return f"{address.name} at {address.url} ended during its start: {last}"

    async def _watch(self, child: Child) -> None:
        while True:
            code = await child.process.wait()
            self._report(f"{child.address.name} ended with {code}, starting it again")
            await asyncio.sleep(RESTART_DELAY_S)
            child = await self._start(child.address)
            await self._answers(child)

    async def _stop(self) -> None:
        running = [
            child.process
            for child in self._children.values()
            if child.process.returncode is None
        ]
        for process in running:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await asyncio.gather(*(process.wait() for process in running))
        except TimeoutError:
            for process in running:
                if process.returncode is None:
                    process.kill()


async def start_process(address: Address, folder: Path, log: BinaryIO) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "examples.streaming.services", address.service),
        *("--port", str(address.port), "--instance", address.name),
        *("--state", str(folder / f"{address.service}.sqlite"), "--stop-with-stdin"),
        cwd=ROOT,
        stdin=PIPE,
        stdout=log,
        stderr=log,
    )


async def answers_health(child: Child) -> bool:
    """Return whether the child responds, and not another process on its port."""
    port = child.address.port
    try:
        async with asyncio.timeout(HEALTH_TIMEOUT_S):
            answer = await http_get_health(port)
    except OSError:  # includes TimeoutError
        return False
    return f'"pid":{child.process.pid}}}'.encode() in answer


async def http_get_health(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /health HTTP/1.1\r\nhost: demo\r\nconnection: close\r\n\r\n")
        return await reader.read()
    finally:
        writer.close()
