"""The data plane of one process: its generation, its preparations, its metrics."""

import asyncio
import os
from collections.abc import Callable

from weir.bffs.generations.generation import Generation
from weir.bffs.serving import Serving
from weir.bffs.usage.table import UsageTable
from weir.gateway.control.errors import NoWorkers
from weir.gateway.control.target import PreparationsSnapshot, WorkerSnapshot
from weir.gateway.telemetry.log.levels import Level, LoggerLevel
from weir.gateway.telemetry.metrics.snapshot import MetricsSnapshot
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.telemetry.usage import memory_bytes
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import ServiceSnapshot


class OwnProcess:
    """The data plane of this process.

    `generation` returns the current one, `connections` the number of open ones.
    """

    def __init__(
        self,
        serving: Serving,
        generation: Callable[[], Generation | None],
        connections: Callable[[], int],
    ) -> None:
        self._generation = generation
        self._telemetry = serving.telemetry
        self._queue = serving.preparations
        self._usage = serving.usage
        self._connections = connections

    def current_services(self) -> tuple[ServiceSnapshot, ...]:
        """Return the state of all upstreams."""
        serving = self._generation()
        return serving.services() if serving else ()

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        return self.current_services()

    async def preparations(self) -> PreparationsSnapshot:
        return PreparationsSnapshot(self._queue.waiting, self._queue.oldest_s)

    async def reset_breaker(self, service: str, operation: str) -> None:
        if serving := self._generation():
            serving.registry.reset_breaker(service, operation)

    async def force_breaker(
        self, service: str, operation: str, state: BreakerState | None
    ) -> None:
        if serving := self._generation():
            serving.registry.force_breaker(service, state, operation)

    async def check_health(self, service: str) -> None:
        if serving := self._generation():
            await serving.registry.check_health(service)

    async def purge_cache(self, purge: Purge) -> int:
        serving = self._generation()
        return await serving.registry.purge_cache(purge) if serving else 0

    async def worker(self) -> WorkerSnapshot:
        """Return this process."""
        return WorkerSnapshot(
            pid=os.getpid(),
            connections=self._connections(),
            memory_bytes=await asyncio.to_thread(memory_bytes),
        )

    async def workers(self) -> tuple[WorkerSnapshot, ...]:
        return (await self.worker(),)

    async def roll(self) -> None:
        raise NoWorkers

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        return self._telemetry.requests.recent()

    async def request(self, request_id: str) -> Explanation | None:
        return self._telemetry.requests.explanation(request_id)

    def log_levels(self) -> tuple[LoggerLevel, ...]:
        return self._telemetry.levels.shown()

    async def set_log_level(self, logger: str, level: Level | None) -> None:
        self._telemetry.levels.set(logger, level)

    async def metrics(self) -> MetricsSnapshot:
        return self._telemetry.metrics.snapshot()

    async def usage(self) -> UsageTable:
        return self._usage
