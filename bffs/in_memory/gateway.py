"""A gateway of a configuration, built as `weir serve` builds it, without ports."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import httpx

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.policies.server import edge_options, max_waiting_preparations
from weir.bffs.facades.facade import Facade
from weir.bffs.generations.build import build_generation
from weir.bffs.generations.configured_plans import without_compiled_plans
from weir.bffs.in_memory.exchange import PipelineTransport
from weir.gateway.clock import Clock, SystemClock
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.events import EventSink
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.factories import TransportFactory, new_transport
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.registry import Registry
from weir.resolvers.engine.preparation_queue import PreparationQueue

URL = "http://weir.test"


@dataclass(frozen=True, slots=True)
class MemoryGateway:
    """A gateway in this process: its façades, its upstreams, and a client of it."""

    facades: Sequence[Facade]
    registry: Registry
    client: httpx.AsyncClient

    def facade(self, name: str) -> Facade:
        """Return the façade `name`; raises KeyError."""
        return {each.name: each for each in self.facades}[name]


@asynccontextmanager
async def memory_gateway(
    loaded: LoadedConfig,
    sink: EventSink,
    transports: TransportFactory = new_transport,
    clock: Clock | None = None,
) -> AsyncGenerator[MemoryGateway]:
    """Build a gateway, and close it at the end; raises ConfigError.

    `transports` are those to the instances of services.
    """
    loaded = without_compiled_plans(loaded)
    server, clock = loaded.config.server, clock or SystemClock()
    dependencies = Dependencies(clock, Random(), sink, MemoryStore(server.cache))  # noqa: S311 - jitter
    queue = PreparationQueue(max_waiting_preparations(server), clock)
    try:
        generation = await build_generation(
            loaded, None, dependencies, queue, transports=transports
        )
        pipeline = Pipeline(edge_options(server), sink=sink, clock=clock)
        pipeline.serve(generation)
        transport = PipelineTransport(pipeline, clock)
        try:
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                yield MemoryGateway(generation.facades, generation.registry, client)
        finally:
            await generation.close()
    finally:
        queue.close()
