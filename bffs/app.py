"""The composition root: it wires a gateway, and decides nothing."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.policies.server import edge_options, max_waiting_preparations
from weir.bffs.config.stores.polling import poll
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.config.stores.store import ConfigStore
from weir.bffs.config.stores.url import UrlStore
from weir.bffs.control_target import AppTarget
from weir.bffs.generations.current_generation import CurrentGeneration
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.saved_limits import SavedLimits
from weir.bffs.generations.sdl_copies import SdlCopies
from weir.bffs.generations.sdl_refresh import SdlRefresh
from weir.bffs.generations.subgraphs import sdl_sources
from weir.bffs.telemetry.gauges import (
    measure_load,
    measure_preparations,
    measure_sdl_copies,
    measure_services,
)
from weir.bffs.telemetry.telemetry import Telemetry
from weir.gateway.clock import Clock, SystemClock
from weir.gateway.control.app import control_app, probes_app
from weir.gateway.edge.exchange import Handler
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.events import EventSink
from weir.gateway.limits.limiter import LimitBuckets
from weir.gateway.server.asgi import ASGIApp
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.server.serve import Load
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.resolvers.engine.plan_cache import PlanMemory
from weir.resolvers.engine.preparation_queue import PreparationQueue

if TYPE_CHECKING:
    from weir.gateway.upstreams.middleware.cache.redis.store import RedisStore

_IN_MEMORY = (
    "SDLs of services are only in memory: a restart needs all services."
    " --state-dir names a folder for them."
)
_log = logging.getLogger(__name__)


class App:
    """A gateway: the data port, the control port, and the telemetry of both."""

    def __init__(
        self,
        loaded: LoadedConfig,
        store: ConfigStore,
        readiness: Readiness,
        announce: Callable[[Generation], None],
        state_dir: StateDir | None = None,
    ) -> None:
        server, clock = loaded.config.server, SystemClock()
        self._store = store
        self._announce = announce
        self._tasks: list[asyncio.Task[None]] = []
        self._telemetry = Telemetry(loaded, clock)
        copies = MemoryStore(server.cache)
        self._shared = _shared_store(loaded, copies, clock, self.sink)
        self._dependencies = Dependencies(
            clock,
            Random(),  # noqa: S311 - for jitter, not for secrets
            self.sink,
            self._shared or copies,
        )
        self._preparations = PreparationQueue(
            max_waiting_preparations(server), clock, PlanMemory(server.plan_cache)
        )
        self._data = Pipeline(
            edge_options(server, self._telemetry.sample),
            sink=self.sink,
            clock=clock,
            spans=self._telemetry.current_spans,
        )
        self._generations = CurrentGeneration(
            loaded,
            store,
            self._dependencies,
            self._preparations,
            self._serve,
            copies=SdlCopies(state_dir, clock),
        )
        self._saved_limits = SavedLimits(state_dir, clock) if state_dir else None
        target = AppTarget(
            self._generations,
            self._telemetry.metrics,
            self._telemetry.rates,
            self._preparations,
            clock,
        )
        measure_services(self._telemetry.metrics, target.services)
        self._control = control_app(target, readiness, self.sink)
        self._probes = probes_app(target, readiness)

    @property
    def data(self) -> Handler:
        return self._data

    @property
    def control(self) -> ASGIApp:
        return self._control

    @property
    def probes(self) -> ASGIApp:
        return self._probes

    @property
    def sink(self) -> EventSink:
        return self._telemetry.sink

    async def start(self) -> None:
        """Build the first generation; raises ConfigError."""
        self._telemetry.start()
        if self._shared is not None:
            await self._shared.start()
        await self._generations.start()
        if self._saved_limits is not None:
            await self._saved_limits.restore(self._buckets())

    async def started(self, load: Load) -> None:
        """Measure the load from now on, and announce that the data port is open."""
        metrics, generations = self._telemetry.metrics, self._generations
        self._telemetry.measure()
        measure_load(metrics, load, self._data)
        measure_preparations(metrics, self._preparations)
        measure_sdl_copies(metrics, generations.copies)
        if isinstance(self._store, UrlStore):
            self._run(poll(self._store.has_changed, self.reload))
        if (
            sdl_sources(generations.loaded.config)
            and not generations.copies.survive_restarts
        ):
            _log.warning(_IN_MEMORY)
        refresh = SdlRefresh(
            generations.copies,
            lambda: generations.serving,
            self._dependencies,
            self.reload,
        )
        self._run(refresh.run())
        if self._saved_limits is not None:
            self._run(self._saved_limits.run(self._buckets))
        serving = generations.serving
        assert serving is not None, "the data port opens after start"
        self._announce(serving)

    async def reload(self) -> None:
        """Serve the stored configuration; an event reports its rejection."""
        with suppress(ConfigError):
            await self._generations.renew()

    def end_streams(self) -> None:
        """End the WebSocket connections and the event streams of plain routes."""
        self._data.end_streams()

    async def close(self) -> None:
        """Close the upstreams, and write what is left to log."""
        for task in self._tasks:
            task.cancel()
        self._preparations.close()
        if self._saved_limits is not None:
            await self._saved_limits.save(self._buckets())
        await self._generations.close()
        if self._shared is not None:
            await self._shared.close()
        await self._telemetry.close()

    def _buckets(self) -> LimitBuckets:
        serving = self._generations.serving
        return serving.buckets if serving else {}

    def _run(self, work: Coroutine[None, None, None]) -> None:
        """Run `work` until `close`."""
        self._tasks.append(asyncio.create_task(work))

    def _serve(self, generation: Generation) -> None:
        # Modules of users were imported for it, and may have configured logging.
        self._telemetry.attach_log()
        self._data.serve(generation)


def _shared_store(
    loaded: LoadedConfig, copies: MemoryStore, clock: Clock, sink: EventSink
) -> "RedisStore | None":
    redis = loaded.config.redis
    if redis is None:
        return None
    # A heavy import, for those who configure it.
    from weir.bffs.generations.shared_store import shared_store  # noqa: PLC0415

    return shared_store(redis, copies, clock, sink)
