"""The messages of the supervisor to its workers, beside those about their life."""

from collections.abc import Sequence
from dataclasses import dataclass

from weir.bffs.generations.blueprint import Blueprint
from weir.bffs.usage.table import OperationUse
from weir.gateway.discovery.listing import Listing
from weir.gateway.discovery.policy import DiscoverySource
from weir.gateway.telemetry.log.levels import Level
from weir.gateway.telemetry.metrics.snapshot import MetricsSnapshot
from weir.gateway.upstreams.instances.health_check import CheckResult
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.store import Purge


@dataclass(frozen=True, slots=True)
class WorkerState:
    """The generation to serve; the reply comes when it serves."""

    blueprint: Blueprint


@dataclass(frozen=True, slots=True)
class ReadServices:
    """Return the state of all upstreams."""


@dataclass(frozen=True, slots=True)
class ReadPreparations:
    """Return the state of the preparations."""


@dataclass(frozen=True, slots=True)
class ResetBreaker:
    """Close the breakers of an upstream, or of one operation of it."""

    service: str
    operation: str


@dataclass(frozen=True, slots=True)
class ForceBreaker:
    """Force breakers open or closed; None ends it."""

    service: str
    operation: str
    state: BreakerState | None


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """Record a health check that the supervisor has made."""

    service: str
    url: str
    result: CheckResult


@dataclass(frozen=True, slots=True)
class RecordListing:
    """Record the last listing of a source that the supervisor follows."""

    source: DiscoverySource
    listing: Listing


@dataclass(frozen=True, slots=True)
class PurgeCache:
    """Remove cached responses; the reply is their number."""

    purge: Purge


@dataclass(frozen=True, slots=True)
class SetLogLevel:
    """Set the level of a logger; None restores the one before."""

    logger: str
    level: Level | None


@dataclass(frozen=True, slots=True)
class ReadWorker:
    """Return the state of the process."""


@dataclass(frozen=True, slots=True)
class ReadRequests:
    """Return the last requests."""


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """Return the explanation of a recorded request, or None."""

    request_id: str


@dataclass(frozen=True, slots=True)
class ReadCounts:
    """Return what was counted since the last reply to this message."""


@dataclass(frozen=True, slots=True)
class WorkerCounts:
    """The metrics of a worker, and the uses of operations."""

    metrics: MetricsSnapshot
    uses: Sequence[OperationUse]
