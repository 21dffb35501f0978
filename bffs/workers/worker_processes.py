"""The data plane of several workers, whose state and counts are gathered here.

Counts are gathered every second, and for each scrape. Each worker sends what it has
counted since the last time, which is added to the metrics of this process. So the
totals of a worker that has ended remain.
"""

import asyncio
from typing import Final

from weir.bffs.usage.table import UsageTable
from weir.bffs.workers.messages import (
    ExplainRequest,
    ForceBreaker,
    PurgeCache,
    ReadCounts,
    ReadPreparations,
    ReadRequests,
    ReadServices,
    ReadWorker,
    ResetBreaker,
    SetLogLevel,
    WorkerCounts,
)
from weir.bffs.workers.own_process import OwnProcess
from weir.gateway.control.errors import RollFailed
from weir.gateway.control.target import PreparationsSnapshot, WorkerSnapshot
from weir.gateway.server.errors import WorkersFailed
from weir.gateway.server.workers.channel import CallFailed, ChannelClosed
from weir.gateway.server.workers.running_worker import RunningWorker
from weir.gateway.server.workers.supervisor import Supervisor
from weir.gateway.telemetry.log.levels import Level, LoggerLevel
from weir.gateway.telemetry.metrics.snapshot import GaugeSnapshot, MetricsSnapshot
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.upstreams.merged_snapshot import merged_services
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import ServiceSnapshot

_GATHER_S: Final = 1.0
_REPLY_S: Final = 1.0


class WorkerProcesses:
    """The workers of a supervisor; `store` and `usage` have the totals of all of them.

    `own` is the supervisor's own state, which makes the health checks.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        own: OwnProcess,
        store: MetricsStore,
        usage: UsageTable,
    ) -> None:
        self._supervisor = supervisor
        self._own = own
        self._pool = supervisor.pool
        self._store = store
        self._usage = usage
        self._gauges: dict[RunningWorker, MetricsSnapshot] = {}
        self._reading: dict[RunningWorker, asyncio.Task[None]] = {}

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        return merged_services(await self._pool.call(ReadServices()))

    async def preparations(self) -> PreparationsSnapshot:
        replies: list[PreparationsSnapshot] = await self._pool.call(ReadPreparations())
        return PreparationsSnapshot(
            waiting=sum(each.waiting for each in replies),
            oldest_s=max((each.oldest_s for each in replies), default=0.0),
        )

    async def reset_breaker(self, service: str, operation: str) -> None:
        await self._pool.call(ResetBreaker(service, operation))

    async def force_breaker(
        self, service: str, operation: str, state: BreakerState | None
    ) -> None:
        await self._own.force_breaker(service, operation, state)
        await self._pool.call(ForceBreaker(service, operation, state))

    async def check_health(self, service: str) -> None:
        await self._own.check_health(service)

    async def purge_cache(self, purge: Purge) -> int:
        purged: list[int] = await self._pool.call(PurgeCache(purge))
        return sum(purged)

    async def workers(self) -> tuple[WorkerSnapshot, ...]:
        return tuple(await self._pool.call(ReadWorker()))

    async def roll(self) -> None:
        try:
            await self._supervisor.roll()
        except WorkersFailed as error:
            raise RollFailed(str(error)) from error

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        replies: list[tuple[RequestSummary, ...]] = await self._pool.call(
            ReadRequests()
        )
        requests = (each for reply in replies for each in reply)
        return tuple(sorted(requests, key=lambda each: each.ended_at, reverse=True))

    async def request(self, request_id: str) -> Explanation | None:
        replies: list[Explanation | None] = await self._pool.call(
            ExplainRequest(request_id)
        )
        found = [each for each in replies if each is not None]
        return max(found, key=lambda each: each.summary.ended_at, default=None)

    def log_levels(self) -> tuple[LoggerLevel, ...]:
        return self._own.log_levels()

    async def set_log_level(self, logger: str, level: Level | None) -> None:
        await self._own.set_log_level(logger, level)
        await self._pool.call(SetLogLevel(logger, level))

    async def metrics(self) -> MetricsSnapshot:
        await self.gather()
        metrics = self._store.snapshot()
        for worker in self._pool.ready:
            if worker in self._gauges:
                metrics += self._gauges[worker]
        return metrics

    async def usage(self) -> UsageTable:
        await self.gather()
        return self._usage

    async def gather_regularly(self) -> None:
        """Gather counts until the task is cancelled."""
        while True:
            await asyncio.sleep(_GATHER_S)
            await self.gather()

    async def gather(self) -> None:
        """Read the counts of all workers; those of a busy one follow later."""
        for worker in self._pool.running:
            if worker.is_ready and worker not in self._reading:
                task = asyncio.create_task(self._read(worker))
                self._reading[worker] = task
        if self._reading:
            await asyncio.wait(self._reading.values(), timeout=_REPLY_S)

    def absorb(self, report: object) -> None:
        """Add the last counts of a worker that stops."""
        assert isinstance(report, WorkerCounts)
        self._store.absorb(report.metrics)
        self._usage.absorb(report.uses)

    async def _read(self, worker: RunningWorker) -> None:
        try:
            read: WorkerCounts = await worker.channel.call(ReadCounts())
            self.absorb(read)
            self._gauges[worker] = MetricsSnapshot({}, _gauges(read.metrics), {})
        except (ChannelClosed, CallFailed):
            self._gauges.pop(worker, None)
        finally:
            del self._reading[worker]


def _gauges(read: MetricsSnapshot) -> dict[str, GaugeSnapshot]:
    return {name: each for name, each in read.gauges.items() if each.values}
