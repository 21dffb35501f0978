"""The application in a worker: it serves the generation that the supervisor sends."""

import asyncio
from contextlib import suppress
from dataclasses import replace

from weir.bffs.generations.build import realise
from weir.bffs.generations.generation import Generation
from weir.bffs.generations.retirement import Retirement
from weir.bffs.generations.template_parts import NO_PARTS, TemplateParts
from weir.bffs.serving import Serving
from weir.bffs.telemetry.gauges import measure_services
from weir.bffs.workers.listed_sources import ListedSources
from weir.bffs.workers.messages import (
    ExplainRequest,
    ForceBreaker,
    PurgeCache,
    ReadCounts,
    ReadPreparations,
    ReadRequests,
    ReadServices,
    ReadWorker,
    RecordCheck,
    RecordListing,
    ResetBreaker,
    SetLogLevel,
    WorkerCounts,
    WorkerState,
)
from weir.bffs.workers.own_process import OwnProcess
from weir.gateway.edge.exchange import Handler
from weir.gateway.events import EventSink
from weir.gateway.server.load import Load
from weir.gateway.server.process.interpreter import pause_gc
from weir.gateway.telemetry.metrics.snapshot import MetricsSnapshot


class WorkerApp:
    """A gateway without a control port; `parts` are those of the template."""

    def __init__(self, state: WorkerState, parts: TemplateParts) -> None:
        self._state = state
        self._parts = parts
        self._serving = Serving(state.blueprint.loaded)
        self._sources = ListedSources()
        self._dependencies = replace(
            self._serving.dependencies, discoveries=self._sources.discovery
        )
        self._generation: Generation | None = None
        self._replacing = asyncio.Lock()
        self._retirement = Retirement(self._is_idle)
        telemetry = self._serving.telemetry
        self._load: Load | None = None
        self._own = OwnProcess(
            self._serving,
            lambda: self._generation,
            lambda: self._load.connections if self._load else 0,
        )
        self._sent = MetricsSnapshot({}, {}, {})
        measure_services(telemetry.metrics, self._own.current_services)

    @property
    def data(self) -> Handler:
        return self._serving.pipeline

    @property
    def sink(self) -> EventSink:
        return self._serving.telemetry.sink

    async def start(self) -> None:
        """Realise the state of the template; raises ConfigError."""
        await self._serving.start()
        parts, self._parts = self._parts, NO_PARTS
        await self._serve(self._state, parts)

    async def started(self, load: Load) -> None:
        self._load = load
        self._serving.measure(load)

    async def handle(self, message: object) -> object:
        """Return the reply to a message of `messages`; raises ConfigError."""
        match message:
            case WorkerState():
                await self._serve(message, NO_PARTS)
            case RecordListing(source, listing):
                self._sources.record(source, listing)
            case PurgeCache(purge):
                return await self._own.purge_cache(purge)
            case SetLogLevel(logger, level):
                await self._own.set_log_level(logger, level)
            case ResetBreaker() | ForceBreaker() | RecordCheck():
                # The supervisor may have another generation at this moment.
                with suppress(KeyError):
                    await self._change(message)
            case _:
                return await self._read(message)
        return None

    def end_streams(self) -> None:
        self._serving.pipeline.end_streams()

    def last_report(self) -> object:
        return self._counts()

    async def close(self) -> None:
        self._serving.preparations.close()
        if self._generation is not None:
            await self._generation.close()
        await self._retirement.close()
        await self._serving.close()

    async def _read(self, message: object) -> object:
        """Return a part of the state of this process."""
        match message:
            case ReadServices():
                return await self._own.services()
            case ReadPreparations():
                return await self._own.preparations()
            case ReadWorker():
                return await self._own.worker()
            case ReadRequests():
                return await self._own.recent_requests()
            case ExplainRequest(request_id):
                return await self._own.request(request_id)
            case ReadCounts():
                return self._counts()
            case _:
                unknown = f"a worker has no reply to {message!r}"
                raise TypeError(unknown)

    async def _change(self, message: ResetBreaker | ForceBreaker | RecordCheck) -> None:
        """Change the state of an upstream; raises KeyError."""
        match message:
            case ResetBreaker(service, operation):
                await self._own.reset_breaker(service, operation)
            case ForceBreaker(service, operation, state):
                await self._own.force_breaker(service, operation, state)
            case RecordCheck(service, url, result):
                if self._generation is not None:
                    self._generation.registry.record_check(service, url, result)

    def _counts(self) -> WorkerCounts:
        """Return what was counted since the last call."""
        now = self._serving.telemetry.metrics.snapshot()
        sent, self._sent = self._sent, now
        return WorkerCounts(now.since(sent), self._serving.usage.take())

    async def _serve(self, state: WorkerState, parts: TemplateParts) -> None:
        async with self._replacing:
            before = self._generation
            pause_gc()
            try:
                generation = await realise(
                    state.blueprint,
                    before,
                    self._dependencies,
                    self._serving.preparations,
                    parts,
                )
            finally:
                self._retirement.built()
            self._sources.retain(state.blueprint.sources)
            self._generation = generation
            self._serving.serve(generation)
            if before is not None:
                self._retirement.retire(before)

    def _is_idle(self) -> bool:
        return self._generation is None or self._generation.is_idle
