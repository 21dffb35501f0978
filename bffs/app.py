"""The composition root: from a configuration to a serving gateway.

    load -> build the next generation beside the serving one -> swap one reference

Nothing here decides anything; it wires what the packages bring.
"""

import asyncio
import logging
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from random import Random
from typing import TYPE_CHECKING

from bffs.building import build_generation
from bffs.config.changes import ConfigChange
from bffs.config.decode import LoadedConfig
from bffs.config.errors import ConfigError
from bffs.config.policies import edge_options
from bffs.config.store import ConfigStore, Versions
from bffs.control_target import AppTarget
from bffs.generation import Generation
from bffs.retirement import Retirement
from gateway.clock import SystemClock
from gateway.control.app import control_app
from gateway.edge.app import Edge
from gateway.edge.asgi import ASGIApp
from gateway.server.heap import hold_collections
from gateway.server.readiness import Readiness
from gateway.server.serve import Load
from gateway.telemetry.events import ConfigRejected, EventSink, GenerationChanged
from gateway.telemetry.fan_out import FanOut
from gateway.telemetry.json_log import JsonLogSink
from gateway.telemetry.line_writer import LineWriter
from gateway.telemetry.log_records import JsonLogHandler
from gateway.telemetry.prometheus import PrometheusSink
from gateway.upstreams.caching.memory_store import MemoryStore
from gateway.upstreams.runtime import Runtime

if TYPE_CHECKING:
    from gateway.upstreams.caching.redis_store import RedisStore

_STDOUT = 1
# Planning holds the interpreter: more threads would plan no more, only starve requests.
_PLANNERS = 1


class App:
    """A gateway: what is served, what controls it, and its generations."""

    def __init__(
        self,
        loaded: LoadedConfig,
        store: ConfigStore,
        readiness: Readiness,
        announce: Callable[[Generation], None],
    ) -> None:
        self._loaded = loaded
        self._store = store
        self._announce = announce
        self._clock = SystemClock()
        self._metrics = PrometheusSink()
        self._log = LineWriter(_STDOUT)
        self._log_handler = JsonLogHandler(self._log.write, self._clock)
        logging.getLogger().addHandler(self._log_handler)
        # What warns, a resolver say, warns in the log, not beside it.
        logging.captureWarnings(capture=True)
        self._sink = FanOut([self._metrics, JsonLogSink(self._log.write, self._clock)])
        copies = MemoryStore(loaded.config.server.cache)
        self._shared = self._shared_store(copies)
        self._runtime = Runtime(
            self._clock,
            Random(),  # noqa: S311 - for jitter, not for secrets
            self._sink,
            self._shared or copies,
        )
        self._workers = ThreadPoolExecutor(_PLANNERS, "weir-planner")
        self._serving: Generation | None = None
        self._reloading = asyncio.Lock()
        self._retirement = Retirement(self._is_idle)
        options = edge_options(loaded.config.server)
        self._data = Edge(self._current, options, sink=self._sink, clock=self._clock)
        target = AppTarget(self, self._metrics, self._clock)
        self._metrics.show_services(target.services)
        self._control = control_app(target, readiness)

    @property
    def data(self) -> ASGIApp:
        return self._data

    @property
    def control(self) -> ASGIApp:
        return self._control

    @property
    def sink(self) -> EventSink:
        return self._sink

    @property
    def serving(self) -> Generation | None:
        """The generation that new requests belong to; None before the first."""
        return self._serving

    @property
    def loaded(self) -> LoadedConfig:
        """The configuration that serves, or is about to."""
        return self._serving.loaded if self._serving else self._loaded

    async def start(self) -> None:
        """Build the first generation; raises ConfigError."""
        if self._shared is not None:
            await self._shared.start()
        self._serve(await self._build(self._loaded))

    async def started(self, load: Load) -> None:
        """Take the data port's readings, and say that it is open."""
        self._metrics.add_reading(
            "gateway_active_connections",
            "Open client connections.",
            lambda: load.connections,
        )
        self._metrics.add_reading(
            "gateway_requests_in_flight",
            "Client requests that are worked on.",
            lambda: self._data.in_flight,
        )
        self._announce(self._current())

    async def reload(self) -> None:
        """Do as `renew` does; where it is refused, the event says why."""
        with suppress(ConfigError):
            await self.renew()

    async def renew(self) -> Generation:
        """Serve the configuration as it is kept.

        Raises ConfigError; the generation before then goes on serving.
        """
        async with self._reloading:
            with self._telling_refusals():
                loaded = await asyncio.to_thread(self._store.load)
                generation = await self._next(loaded)
            self._serve(generation)
            return generation

    async def change(
        self, change: ConfigChange, expected: Versions | None = None
    ) -> Generation:
        """Serve a changed configuration, and keep it.

        Raises what the store raises, and ConfigError; then nothing has changed.
        """
        async with self._reloading:
            with self._telling_refusals():
                edited = await asyncio.to_thread(self._store.edit, change, expected)
                generation = await self._next(edited.loaded)
            try:
                await asyncio.to_thread(self._store.keep, edited)
            except BaseException:
                await generation.close()
                raise
            self._serve(generation)
            return generation

    async def close(self) -> None:
        """Close the upstreams, and write what is left to log."""
        if self._serving is not None:
            await self._serving.close()
        await self._retirement.close()
        if self._shared is not None:
            await self._shared.close()
        self._workers.shutdown(wait=False, cancel_futures=True)
        logging.captureWarnings(capture=False)
        logging.getLogger().removeHandler(self._log_handler)
        self._log.close()

    def _shared_store(self, copies: MemoryStore) -> "RedisStore | None":
        redis = self._loaded.config.redis
        if redis is None:
            return None
        # A heavy import, for those who configure it.
        from bffs.shared_store import shared_store  # noqa: PLC0415

        return shared_store(redis, copies, self._clock, self._sink)

    @contextmanager
    def _telling_refusals(self) -> Generator[None]:
        try:
            yield
        except ConfigError as error:
            now_s = self._clock.monotonic_s()
            self._sink.emit(ConfigRejected(reason=str(error), at_s=now_s))
            raise

    async def _next(self, loaded: LoadedConfig) -> Generation:
        _refuse_new_server(loaded, self.loaded)
        return await self._build(loaded)

    async def _build(self, loaded: LoadedConfig) -> Generation:
        hold_collections()
        try:
            return await build_generation(
                loaded, self._serving, self._runtime, self._workers
            )
        finally:
            self._retirement.built()

    def _is_idle(self) -> bool:
        return self._serving is None or self._serving.is_idle

    def _current(self) -> Generation:
        assert self._serving is not None, "the data port opens after start"
        return self._serving

    def _serve(self, generation: Generation) -> None:
        """Swap: requests from here on belong to `generation`."""
        before, self._serving = self._serving, generation
        self._sink.emit(
            GenerationChanged(
                before=before.id if before else "",
                after=generation.id,
                at_s=generation.since_s,
            )
        )
        if before is not None:
            self._retirement.retire(before)


def _refuse_new_server(loaded: LoadedConfig, serving: LoadedConfig) -> None:
    for section in ("server", "redis"):
        if getattr(loaded.config, section) != getattr(serving.config, section):
            message = f"{section}: changes need a restart; nothing of this was applied"
            raise loaded.error((section,), message)
