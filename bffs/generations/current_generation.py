"""The generation that serves, and its replacement by the next one.

    load or edit -> build beside the serving one -> store (a change) -> swap, retire

One replacement is made at a time. Each is a task of its own: it continues when its
client leaves, and only `close` cancels it. A generation that was built and does not
come to serve is closed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import contextmanager

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.references.shadowed_routes import route_warnings
from weir.bffs.config.stores.changes import ConfigChange
from weir.bffs.config.stores.store import ConfigStore, EditedConfig, Versions
from weir.bffs.generations.build import build_generation
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.graph.sdl_copies import SdlCopies
from weir.bffs.generations.retirement import Retirement
from weir.bffs.generations.series import unnamed
from weir.gateway.control.errors import Stopping
from weir.gateway.events import ConfigRejected, GenerationChanged
from weir.gateway.server.process.interpreter import pause_gc
from weir.gateway.upstreams.dependencies import Dependencies
from weir.resolvers.engine.preparation_queue import PreparationQueue

_LOG = logging.getLogger(__name__)


class CurrentGeneration:
    """Replaces the serving generation; `queue` prepares its operations.

    `serve` is called with each generation at the moment from which it serves. Before
    that, `publish` lets other processes serve it.
    """

    def __init__(
        self,
        loaded: LoadedConfig,
        store: ConfigStore,
        dependencies: Dependencies,
        queue: PreparationQueue,
        serve: Callable[[Generation], None],
        *,
        copies: SdlCopies | None = None,
        publish: Callable[[Generation], Awaitable[None]] | None = None,
    ) -> None:
        self.copies = copies or SdlCopies()
        self._publish = publish
        self._loaded = loaded
        self._store = store
        self._dependencies = dependencies
        self._queue = queue
        self._swap = serve
        self._serving: Generation | None = None
        self._replacing = asyncio.Lock()
        self._replacements: set[asyncio.Task[Generation]] = set()
        self._retirement = Retirement(self._is_idle)
        self._closed = False

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
        await self._replacement(self._start())

    async def renew(self) -> Generation:
        """Serve the stored configuration.

        Raises ConfigError or Stopping; the serving generation is then not replaced.
        """
        return await self._replacement(self._renew())

    async def change(
        self, change: ConfigChange, expected: Versions | None = None
    ) -> Generation:
        """Serve a changed configuration, and save it.

        Raises what the store raises, ConfigError or Stopping; then nothing has changed.
        """
        return await self._replacement(self._change(change, expected))

    async def close(self) -> None:
        """Cancel replacements and close all generations."""
        self._closed = True
        for replacement in self._replacements:
            replacement.cancel()
        await asyncio.gather(*self._replacements, return_exceptions=True)
        if self._serving is not None:
            await self._serving.close()
        await self._retirement.close()

    async def _replacement(self, work: Coroutine[None, None, Generation]) -> Generation:
        if self._closed:
            work.close()
            raise Stopping
        task = asyncio.create_task(work, name="replacement of the generation")
        self._replacements.add(task)
        task.add_done_callback(self._ended)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if self._closed and task.cancelled():
                raise Stopping from None
            raise

    def _ended(self, task: asyncio.Task[Generation]) -> None:
        self._replacements.discard(task)
        if not task.cancelled():
            # Retrieve it: the client of the replacement may have left.
            task.exception()

    async def _start(self) -> Generation:
        async with self._replacing:
            return await self._serve(await self._build(self._loaded))

    async def _renew(self) -> Generation:
        async with self._replacing:
            with self._emitting_rejections():
                loaded = await asyncio.to_thread(self._store.load)
                generation = await self._next(loaded)
            return await self._serve(generation)

    async def _change(
        self, change: ConfigChange, expected: Versions | None
    ) -> Generation:
        async with self._replacing:
            with self._emitting_rejections():
                edited = await asyncio.to_thread(self._store.edit, change, expected)
                generation = await self._next(edited.loaded)
            try:
                await self._save(edited)
            except BaseException:
                await generation.close()
                raise
            return await self._serve(generation)

    async def _save(self, edited: EditedConfig) -> None:
        """Save a change; a save that has begun ends before a cancellation does."""
        saving = asyncio.create_task(asyncio.to_thread(self._store.save, edited))
        try:
            await asyncio.shield(saving)
        except asyncio.CancelledError:
            await asyncio.gather(saving, return_exceptions=True)
            raise

    @contextmanager
    def _emitting_rejections(self) -> Generator[None]:
        try:
            yield
        except ConfigError as error:
            now_s = self._dependencies.clock.monotonic_s()
            self._dependencies.sink.emit(ConfigRejected(reason=str(error), at_s=now_s))
            raise

    async def _next(self, loaded: LoadedConfig) -> Generation:
        _reject_new_server(loaded, self.loaded)
        return await self._build(loaded)

    async def _build(self, loaded: LoadedConfig) -> Generation:
        warnings = await asyncio.to_thread(lambda: tuple(route_warnings(loaded)))
        pause_gc()
        try:
            generation = await build_generation(
                loaded,
                self._serving,
                self._dependencies,
                self._queue,
                self.copies,
            )
        finally:
            self._retirement.built()
        for warning in warnings:
            _LOG.warning("%s", warning)
        return generation

    def _is_idle(self) -> bool:
        return self._serving is None or self._serving.is_idle

    async def _serve(self, generation: Generation) -> Generation:
        """Swap: requests from here on belong to `generation`."""
        if self._publish is not None:
            try:
                await self._publish(generation)
            except BaseException:
                await generation.close()
                raise
        before, self._serving = self._serving, generation
        self._swap(generation)
        self._dependencies.sink.emit(
            GenerationChanged(
                before=before.id if before else "",
                after=generation.id,
                at_s=generation.since_s,
                build_s=generation.build_s,
                composition_s=generation.blueprint.composition_s,
            )
        )
        for sentence in unnamed(generation.label_values):
            _LOG.warning(sentence)
        if before is not None:
            self._retirement.retire(before)
        return generation


def _reject_new_server(loaded: LoadedConfig, serving: LoadedConfig) -> None:
    for section in ("server", "redis", "telemetry", "audit", "log"):
        if getattr(loaded.config, section) != getattr(serving.config, section):
            message = f"{section}: changes need a restart; nothing of this was applied"
            raise loaded.error((section,), message)
