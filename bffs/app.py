"""The composition root: it wires a gateway, and decides nothing."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress

from weir.bffs.capsules.folder import capsule_folder
from weir.bffs.capsules.watch import IncidentWatch, Watched
from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.stores.polling import Follow
from weir.bffs.config.stores.state_dir import StateDir
from weir.bffs.config.stores.store import ConfigStore
from weir.bffs.control_target import AppTarget
from weir.bffs.data_port import served_port
from weir.bffs.generations.current_generation import CurrentGeneration
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.graph.sdl_copies import SdlCopies
from weir.bffs.generations.graph.sdl_refresh import SdlRefresh
from weir.bffs.generations.graph.subgraphs import sdl_sources
from weir.bffs.generations.limits.saved import SavedLimits
from weir.bffs.serving import Serving
from weir.bffs.telemetry.gauges import measure_objectives, measure_sdl_copies
from weir.bffs.telemetry.otel import start_metrics_export
from weir.bffs.usage.saved import SavedUsage
from weir.gateway.control.app import control_app, probes_app
from weir.gateway.control.observation.feed import RateFeed
from weir.gateway.edge.exchange import Handler
from weir.gateway.events import EventSink
from weir.gateway.limits.limiter import LimitBuckets
from weir.gateway.server.asgi import ASGIApp
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.server.serve import DataPort
from weir.gateway.telemetry.metrics.burn_rates import BurnRates

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
        *,
        follow: Follow | None = None,
    ) -> None:
        self._follow = follow
        self._announce = announce
        self._tasks: list[asyncio.Task[None]] = []
        self._serving = serving = Serving(loaded)
        self._telemetry = serving.telemetry
        self._served = served_port(
            loaded,
            serving,
            lambda: self._generations.serving,
            readiness,
        )
        self._generations = CurrentGeneration(
            loaded,
            store,
            self._served.dependencies,
            serving.preparations,
            serving.serve,
            copies=SdlCopies(state_dir, serving.clock),
            publish=self._served.publish,
        )
        self._capsules = capsule_folder(loaded)
        self._metrics_export = start_metrics_export(loaded, serving.clock)
        self._saved_limits: SavedLimits | None = None
        self._saved_usage: SavedUsage | None = None
        if state_dir is not None:
            self._saved_limits = SavedLimits(state_dir, serving.clock)
            self._saved_usage = SavedUsage(state_dir, serving.usage)
        self._burn_rates = BurnRates(
            self._telemetry.metrics, serving.clock, lambda: self._telemetry.objectives
        )
        target = self._target = AppTarget(
            self._generations,
            self._served.plane,
            self._telemetry.rates,
            self._burn_rates,
            serving.clock,
        )
        self._feed = RateFeed(target.rates, target.access)
        self._control = control_app(target, readiness, self.sink, self._feed)
        self._probes = probes_app(target, readiness)

    @property
    def data(self) -> DataPort:
        return self._served.port

    @property
    def handler(self) -> Handler:
        """The handler of exchanges in this process."""
        return self._serving.pipeline

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
        await self._served.prepare()
        await self._serving.start()
        await self._generations.start()
        if self._saved_limits is not None:
            await self._saved_limits.restore(self._buckets())
        if self._saved_usage is not None:
            await self._saved_usage.restore()

    async def started(self) -> None:
        """Measure the load from now on, and announce that the data port is open."""
        generations = self._generations
        self._served.started()
        measure_sdl_copies(self._telemetry.metrics, generations.copies)
        measure_objectives(self._telemetry.metrics, self._burn_rates)
        self._run(self._burn_rates.run())
        if self._capsules is not None:
            watched = Watched(
                self._served.plane,
                self._burn_rates,
                lambda: generations.serving,
                self._serving.clock,
            )
            self._run(IncidentWatch(watched, self._capsules).run())
        if self._metrics_export is not None:
            self._run(self._metrics_export.run(self._target.shown_metrics))
        if self._follow is not None:
            self._run(self._follow(self.reload))
        if (
            sdl_sources(generations.loaded.config)
            and not generations.copies.survive_restarts
        ):
            _log.warning(_IN_MEMORY)
        refresh = SdlRefresh(
            generations.copies,
            lambda: generations.serving,
            self._served.dependencies,
            self.reload,
        )
        self._run(refresh.run())
        if self._saved_limits is not None:
            self._run(self._saved_limits.run(self._buckets))
        if self._saved_usage is not None:
            self._run(self._saved_usage.run())
        serving = generations.serving
        assert serving is not None, "the data port opens after start"
        self._announce(serving)

    async def reload(self) -> None:
        """Serve the stored configuration; an event reports its rejection."""
        with suppress(ConfigError):
            await self._generations.renew()

    def end_streams(self) -> None:
        """End the WebSocket connections and the event streams."""
        self._serving.pipeline.end_streams()
        self._feed.end()

    async def close(self) -> None:
        """Close the upstreams, and write what is left to log."""
        for task in self._tasks:
            task.cancel()
        await self._served.close()
        if self._metrics_export is not None:
            await self._metrics_export.close(await self._target.shown_metrics())
        self._serving.preparations.close()
        if self._saved_limits is not None:
            await self._saved_limits.save(self._buckets())
        if self._saved_usage is not None:
            await self._saved_usage.save()
        await self._generations.close()
        await self._serving.close()

    def _buckets(self) -> LimitBuckets:
        serving = self._generations.serving
        return serving.limits.buckets if serving else {}

    def _run(self, work: Coroutine[None, None, None]) -> None:
        """Run `work` until `close`."""
        self._tasks.append(asyncio.create_task(work))
