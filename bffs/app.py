"""The composition root: it wires a gateway, and decides nothing."""

import asyncio
import logging
from collections.abc import Callable
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
from weir.bffs.generations.sdl_copies import SdlCopies
from weir.bffs.generations.sdl_refresh import SdlRefresh
from weir.bffs.generations.subgraphs import sdl_sources
from weir.bffs.tracing import start_tracing
from weir.gateway.clock import SystemClock
from weir.gateway.control.app import control_app, probes_app
from weir.gateway.edge.exchange import Handler
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.events import EventSink
from weir.gateway.server.asgi import ASGIApp
from weir.gateway.server.process.loop_watch import LoopWatch
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.server.serve import Load
from weir.gateway.telemetry.fan_out import FanOut
from weir.gateway.telemetry.json_log import JsonLogSink
from weir.gateway.telemetry.line_writer import LineWriter
from weir.gateway.telemetry.log_records import JsonLogHandler
from weir.gateway.telemetry.metrics_sink import MetricsSink
from weir.gateway.telemetry.rates import RateHistory
from weir.gateway.telemetry.store import MetricsStore
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.gauges import (
    breaker_states,
    healthy_instances,
    operation_breaker_states,
    panics,
)
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.snapshot import ServiceSnapshot
from weir.resolvers.engine.plan_cache import PlanMemory
from weir.resolvers.engine.preparation_queue import PreparationQueue

if TYPE_CHECKING:
    from weir.gateway.upstreams.middleware.cache.redis.store import RedisStore

_STDOUT = 1
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
        self._announce = announce
        self._store = store
        self._polling: asyncio.Task[None] | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._recording: asyncio.Task[None] | None = None
        self._watch: LoopWatch | None = None
        self._clock = SystemClock()
        self._metrics = MetricsStore()
        self._log = LineWriter(_STDOUT)
        self._tracing = start_tracing(loaded, self._clock)
        self._log_handler = JsonLogHandler(
            self._log.write,
            self._clock,
            *([self._tracing.current_spans.ids] if self._tracing else []),
        )
        self._log_handler.attach()
        # Python warnings, of a resolver for example, go into the JSON log.
        logging.captureWarnings(capture=True)
        self._sink = FanOut(
            [
                MetricsSink(self._metrics),
                JsonLogSink(self._log.write, self._clock),
                *([self._tracing.sink] if self._tracing else []),
            ]
        )
        copies = MemoryStore(loaded.config.server.cache)
        self._shared = self._shared_store(loaded, copies)
        self._dependencies = Dependencies(
            self._clock,
            Random(),  # noqa: S311 - for jitter, not for secrets
            self._sink,
            self._shared or copies,
        )
        self._preparations = PreparationQueue(
            max_waiting_preparations(loaded.config.server),
            self._clock,
            PlanMemory(loaded.config.server.plan_cache),
        )
        traces = loaded.config.telemetry.traces
        options = edge_options(
            loaded.config.server, traces.sample if traces and self._tracing else None
        )
        self._data = Pipeline(
            options,
            sink=self._sink,
            clock=self._clock,
            spans=self._tracing.current_spans if self._tracing else None,
        )
        self._generations = CurrentGeneration(
            loaded,
            store,
            self._dependencies,
            self._preparations,
            self._serve,
            copies=SdlCopies(state_dir, self._clock),
        )
        if self._tracing is not None:
            self._metrics.spans.read_from(self._tracing.counts)
        self._history = RateHistory(self._metrics, self._clock)
        target = AppTarget(
            self._generations,
            self._metrics,
            self._history,
            self._preparations,
            self._clock,
        )
        _measure_services(self._metrics, target.services)
        self._control = control_app(target, readiness, self._sink)
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
        return self._sink

    async def start(self) -> None:
        """Build the first generation; raises ConfigError."""
        if self._tracing is not None:
            self._tracing.start()
        if self._shared is not None:
            await self._shared.start()
        await self._generations.start()

    async def started(self, load: Load) -> None:
        """Measure the load from now on, and announce that the data port is open."""
        if isinstance(self._store, UrlStore):
            polling = poll(self._store.has_changed, self.reload)
            self._polling = asyncio.create_task(polling)
        generations = self._generations
        copies = generations.copies
        if sdl_sources(generations.loaded.config) and not copies.survive_restarts:
            _log.warning(_IN_MEMORY)
        refresh = SdlRefresh(
            copies,
            lambda: generations.serving,
            self._dependencies,
            self.reload,
        )
        self._refreshing = asyncio.create_task(refresh.run())
        self._recording = asyncio.create_task(self._history.run())
        metrics, preparations = self._metrics, self._preparations
        metrics.sdl_copies.read_value(lambda: len(copies.in_use))
        metrics.connections.read_value(lambda: load.connections)
        watch = self._watch = LoopWatch(self._sink)
        metrics.loop_lag.read_value(lambda: watch.lag_s)
        metrics.in_flight.read_value(lambda: self._data.in_flight)
        metrics.preparations_waiting.read_value(lambda: preparations.waiting)
        metrics.plan_cache.read_value(lambda: preparations.plans.used)
        metrics.oldest_preparation.read_value(lambda: preparations.oldest_s)
        self._announce(self._current())

    async def reload(self) -> None:
        """Serve the stored configuration; an event reports its rejection."""
        with suppress(ConfigError):
            await self._generations.renew()

    async def close(self) -> None:
        """Close the upstreams, and write what is left to log."""
        if self._polling is not None:
            self._polling.cancel()
        if self._refreshing is not None:
            self._refreshing.cancel()
        if self._recording is not None:
            self._recording.cancel()
        if self._watch is not None:
            self._watch.close()
        self._preparations.close()
        await self._generations.close()
        if self._shared is not None:
            await self._shared.close()
        if self._tracing is not None:
            await self._tracing.close()
        logging.captureWarnings(capture=False)
        logging.getLogger().removeHandler(self._log_handler)
        self._log.close()

    def _serve(self, generation: Generation) -> None:
        # Modules of users were imported for it, and may have configured logging.
        self._log_handler.attach()
        self._data.serve(generation)

    def _shared_store(
        self, loaded: LoadedConfig, copies: MemoryStore
    ) -> "RedisStore | None":
        redis = loaded.config.redis
        if redis is None:
            return None
        # A heavy import, for those who configure it.
        from weir.bffs.generations.shared_store import shared_store  # noqa: PLC0415

        return shared_store(redis, copies, self._clock, self._sink)

    def _current(self) -> Generation:
        serving = self._generations.serving
        assert serving is not None, "the data port opens after start"
        return serving


def _measure_services(
    metrics: MetricsStore, services: Callable[[], tuple[ServiceSnapshot, ...]]
) -> None:
    metrics.breakers.read_from(lambda: breaker_states(services()))
    metrics.operation_breakers.read_from(lambda: operation_breaker_states(services()))
    metrics.instances.read_from(lambda: healthy_instances(services()))
    metrics.panics.read_from(lambda: panics(services()))
