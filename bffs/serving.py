"""The parts of a process that serves: its pipeline, telemetry, caches and queue."""

from random import Random
from typing import TYPE_CHECKING

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.policies.objectives import objectives
from weir.bffs.config.policies.server import (
    edge_options,
    max_waiting_preparations,
    reply_memory_bytes,
    worker_count,
    worker_share,
)
from weir.bffs.error_table import CLIENT_FAULTS
from weir.bffs.generations.generation import Generation
from weir.bffs.telemetry.gauges import (
    measure_age,
    measure_certificates,
    measure_issuers,
    measure_load,
    measure_preparations,
)
from weir.bffs.telemetry.telemetry import Telemetry
from weir.bffs.usage.table import UsageTable
from weir.gateway.clock import Clock, SystemClock
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.events import EventSink
from weir.gateway.limits.buckets import Buckets
from weir.gateway.server.load import Load
from weir.gateway.telemetry.objective import Objectives
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.resolvers.engine.plan_cache import PlanMemory
from weir.resolvers.engine.preparation_queue import PreparationQueue

if TYPE_CHECKING:
    from weir.bffs.generations.shared_store import SharedParts


class Serving:
    """The telemetry, the usage, the caches, the queue of preparations, the pipeline.

    Limits and memory are the share of one worker.
    """

    def __init__(self, loaded: LoadedConfig) -> None:
        server, clock = worker_share(loaded.config.server), SystemClock()
        self.clock = clock
        self.telemetry = Telemetry(loaded, clock)
        self.usage = UsageTable(clock)
        self.telemetry.sink.add(self.usage)
        copies = MemoryStore(server.cache)
        self._replies = ClientMemory(reply_memory_bytes(loaded.config))
        self._shared = _shared_parts(loaded, copies, clock, self.telemetry.sink)
        self.dependencies = Dependencies(
            clock,
            Random(),  # noqa: S311 - for jitter, not for secrets
            self.telemetry.sink,
            self._shared.cache if self._shared else copies,
            self._shared.limit_states if self._shared else Buckets,
            self._shared.documents if self._shared else None,
            self._replies,
        )
        self.preparations = PreparationQueue(
            max_waiting_preparations(server),
            clock,
            PlanMemory(server.plan_cache),
            self._replies,
        )
        self.pipeline = Pipeline(
            edge_options(server, self.telemetry.traces),
            sink=self.telemetry.sink,
            clock=clock,
            spans=self.telemetry.current_spans,
            replies=self._replies,
        )

    async def start(self) -> None:
        """Connect to the shared store, and make the spans of events from now on."""
        self.telemetry.start()
        if self._shared is not None:
            await self._shared.store.start()

    def serve(self, generation: Generation) -> None:
        """Handle all new requests by `generation`."""
        # Modules of users were imported for it, and may have configured logging.
        self.telemetry.attach_log()
        self.telemetry.follow(
            Objectives(objectives(generation.loaded.config.slo), CLIENT_FAULTS)
        )
        self.telemetry.labels.follow(generation.label_values)
        self._replies.limit = reply_memory_bytes(generation.loaded.config)
        self.pipeline.serve(generation)
        measure_age(self.telemetry.metrics, generation.since_s, self.clock)
        measure_certificates(self.telemetry.metrics, generation.blueprint)
        measure_issuers(self.telemetry.metrics, generation.identification.issuers)

    def measure(self, load: Load) -> None:
        """Measure the event loop, the load and the preparations from now on."""
        metrics = self.telemetry.metrics
        self.telemetry.measure()
        measure_load(metrics, load, self.pipeline)
        measure_preparations(metrics, self.preparations)

    async def close(self) -> None:
        """Write what is left to log, after the generations are closed."""
        if self._shared is not None:
            await self._shared.store.close()
        await self.telemetry.close()


def _shared_parts(
    loaded: LoadedConfig, copies: MemoryStore, clock: Clock, sink: EventSink
) -> "SharedParts | None":
    redis = loaded.config.redis
    if redis is None:
        return None
    # A heavy import, for those who configure it.
    from weir.bffs.generations.shared_store import shared_parts  # noqa: PLC0415

    workers = worker_count(loaded.config.server)
    return shared_parts(redis, workers, copies, clock, sink)
