"""A load that depends on the machine's speed: a few clients, each with one request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle

import httpx

from examples.streaming.load import (
    Accepted,
    Judges,
    Load,
    LoadReport,
    all_reads,
    running,
    take_references,
)

CLIENTS = 4
CLIENT_TIMEOUT_S = 60.0


class SteadyLoad(Load):
    """Clients that send the next read as soon as they have a response."""

    def __init__(self, http: httpx.AsyncClient, judges: Judges) -> None:
        super().__init__(http, judges, per_second=float("inf"))
        self._reads = cycle(judges)
        self._finished = asyncio.Condition()
        self._count = 0
        self._ends = False

    def stop(self) -> None:
        self._ends = True

    async def run(self) -> None:
        """Return when stopped and all clients have their last response."""
        async with asyncio.TaskGroup() as clients:
            for _ in range(CLIENTS):
                clients.create_task(self._client())

    async def _client(self) -> None:
        while not self._ends:
            await self._send(next(self._reads))
            async with self._finished:
                self._count += 1
                self._finished.notify_all()

    async def responses(self, count: int) -> None:
        """Wait until `count` more reads have finished."""
        async with self._finished:
            target = self._count + count
            await self._finished.wait_for(lambda: self._count >= target)


@asynccontextmanager
async def steady_load(
    gateway: str, accepted: Accepted | None = None
) -> AsyncIterator[SteadyLoad]:
    """Send reads while the block runs; the report is complete after the block."""
    async with patient_client(gateway) as http:
        accepted = accepted or await take_references(http, all_reads())
        load = SteadyLoad(http, accepted)
        async with running(load):
            yield load


def patient_client(gateway: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=gateway, timeout=CLIENT_TIMEOUT_S)


def assert_clean(report: LoadReport) -> None:
    """Fail with all that was wrong, if anything was."""
    assert report.clean, "\n".join(report.lines())
