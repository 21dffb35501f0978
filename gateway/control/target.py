"""The gateway as the control port uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from weir.gateway.control.access import ControlAccess
from weir.gateway.control.keys import KeysTarget
from weir.gateway.control.registry import ConfigVersion, RegistryTarget
from weir.gateway.control.routes import RoutesTarget
from weir.gateway.telemetry.log.levels import Level, LoggerLevel
from weir.gateway.telemetry.metrics.burn_rates import ObjectiveState
from weir.gateway.telemetry.metrics.prometheus import Format
from weir.gateway.telemetry.metrics.rates import WindowRates
from weir.gateway.telemetry.requests.explanation import Explanation, RequestSummary
from weir.gateway.telemetry.usage import SystemUsage
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState
from weir.gateway.upstreams.middleware.cache.store import Purge
from weir.gateway.upstreams.snapshot import ServiceSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSnapshot:
    """The serving generation; `subgraphs` and `facades` are names."""

    id: str
    age_s: float
    subgraphs: tuple[str, ...] = ()
    facades: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigSnapshot:
    """A version of the configuration as JSON-able values, without secrets."""

    version: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class PreparationsSnapshot:
    """New operations before their first execution.

    `waiting` is how many wait for their turn, `oldest_s` the age of the oldest one that
    waits or is worked on.
    """

    waiting: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class SdlCopySnapshot:
    """The SDL of a service that is down: its hash, and its age."""

    upstream: str
    path: str
    sha256: str
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientUse:
    """The requests of one version of an application, "" if it has no name.

    The times of the first and of the last one are seconds since 1970-01-01 UTC.
    """

    name: str
    version: str
    requests: int
    first_s: float
    last_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationUsage:
    """An operation of a façade: a stored one, or a document that clients have sent.

    `deprecated` are the coordinates of deprecated elements that it uses.
    """

    facade: str
    operation: str
    stored: bool
    sha256: str
    deprecated: tuple[str, ...]
    clients: tuple[ClientUse, ...]


@dataclass(frozen=True, slots=True)
class UsageSnapshot:
    """The operations in use. Uses of so many other documents have been `evicted`."""

    operations: tuple[OperationUsage, ...]
    evicted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSnapshot:
    """A process that serves; `memory_bytes` has its part of shared memory."""

    pid: int
    connections: int
    memory_bytes: int


class ControlTarget(RegistryTarget, RoutesTarget, KeysTarget, Protocol):
    """A running gateway. Before its first generation serves, it shows nothing."""

    def access(self) -> ControlAccess:
        """Return the rules for clients of the control port."""
        ...

    async def services(self) -> tuple[ServiceSnapshot, ...]:
        """Return every registered upstream, by name."""
        ...

    async def reset_breaker(self, service: str, operation: str) -> None:
        """Close the breakers of a registered upstream, or of one operation of it."""
        ...

    async def force_breaker(
        self, service: str, operation: str, state: BreakerState | None
    ) -> None:
        """Force the breakers open or closed; None ends it."""
        ...

    async def check_health(self, service: str) -> None:
        """Check all instances of a registered upstream now."""
        ...

    async def purge_cache(self, purge: Purge) -> int:
        """Remove cached responses; return their number."""
        ...

    def generation(self) -> GenerationSnapshot | None:
        """Return the serving generation; None until there is one."""
        ...

    async def schema(self, facade: str) -> str:
        """Return the SDL of the schema that clients of a façade see.

        Raise UnknownFacade.
        """
        ...

    def supergraph(self, facade: str) -> str:
        """Return the supergraph that a façade is a view of; raise UnknownFacade."""
        ...

    def config(self) -> ConfigSnapshot:
        """Return the configuration that serves."""
        ...

    async def reload(self) -> ConfigVersion:
        """Serve the configuration as it is on disk.

        Raise ReloadRefused, in which case the old generation continues to serve.
        """
        ...

    async def preparations(self) -> PreparationsSnapshot:
        """Return the state of the queue of preparations."""
        ...

    def sdl_copies(self) -> tuple[SdlCopySnapshot, ...]:
        """Return the SDLs in use of services that are down."""
        ...

    async def usage(self, element: str) -> UsageSnapshot:
        """Return the operations that use an element, or all for "".

        Raise UnknownElement.
        """
        ...

    async def workers(self) -> tuple[WorkerSnapshot, ...]:
        """Return the processes that serve the data port."""
        ...

    async def roll(self) -> None:
        """Replace all workers, without losing a request.

        Raise NoWorkers, RollFailed or Stopping.
        """
        ...

    def system(self) -> SystemUsage:
        """Return the use of the machine."""
        ...

    def rates(self) -> tuple[WindowRates, ...]:
        """Return the rates of the last minutes."""
        ...

    async def recent_requests(self) -> tuple[RequestSummary, ...]:
        """Return the last requests, the newest first."""
        ...

    async def request(self, request_id: str) -> Explanation | None:
        """Return the explanation of a recorded request, or None."""
        ...

    async def objectives(self) -> tuple[ObjectiveState, ...]:
        """Return the objectives, with their budgets and burn rates."""
        ...

    def log_levels(self) -> tuple[LoggerLevel, ...]:
        """Return the loggers of Weir, and those with a level that was set."""
        ...

    async def set_log_level(self, logger: str, level: Level | None) -> None:
        """Set the level of a logger in all processes; None restores the one before.

        Raise LogLevelRejected.
        """
        ...

    async def metrics(self, form: Format) -> bytes:
        """Return the metrics in a format of Prometheus."""
        ...
