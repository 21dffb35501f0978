"""The data plane: the process that serves the data port, or the processes that do."""

from typing import Protocol

from weir.bffs.usage.table import UsageTable
from weir.gateway.control.target import PreparationsSnapshot, WorkerSnapshot
from weir.gateway.telemetry.log.levels import Level, LoggerLevel
from weir.gateway.telemetry.metrics.snapshot import MetricsSnapshot
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import ServiceSnapshot


class DataPlane(Protocol):
    """The state of the gateway, and changes of it. `service` is a registered one."""

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        """Return the state of all upstreams."""
        ...

    async def preparations(self) -> PreparationsSnapshot:
        """Return the state of the preparations."""
        ...

    async def reset_breaker(self, service: str, operation: str) -> None:
        """Close the breakers of an upstream, or of one operation of it."""
        ...

    async def force_breaker(
        self, service: str, operation: str, state: BreakerState | None
    ) -> None:
        """Force the breakers open or closed; None ends it."""
        ...

    async def check_health(self, service: str) -> None:
        """Check all instances of an upstream now."""
        ...

    async def purge_cache(self, purge: Purge) -> int:
        """Remove cached responses; return their number."""
        ...

    async def workers(self) -> tuple[WorkerSnapshot, ...]:
        """Return the processes that serve the data port."""
        ...

    async def roll(self) -> None:
        """Replace all workers; raises NoWorkers or RollFailed."""
        ...

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        """Return the last requests, the newest first."""
        ...

    async def request(self, request_id: str) -> Explanation | None:
        """Return the explanation of a recorded request, or None."""
        ...

    def log_levels(self) -> tuple[LoggerLevel, ...]:
        """Return the loggers of Weir, and those with a level that was set."""
        ...

    async def set_log_level(self, logger: str, level: Level | None) -> None:
        """Set the level of a logger; None restores it. Raise LevelRejected."""
        ...

    async def metrics(self) -> MetricsSnapshot:
        """Return the metrics of the gateway."""
        ...

    async def usage(self) -> UsageTable:
        """Return the uses of operations until now."""
        ...
