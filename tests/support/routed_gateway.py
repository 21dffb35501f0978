"""A gateway of one configuration in the test's own process, over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.calls import RecordingSink
from tests.support.local_listener import LocalListener, handler_listener
from tests.support.served_process import Connection
from tests.support.upstreams import runtime
from weir.bffs.config.decode import decode_document
from weir.bffs.config.document import read_document
from weir.bffs.config.policies.server import edge_options
from weir.bffs.generations.build import build_generation
from weir.bffs.generations.generation import Generation
from weir.gateway.clock import SystemClock
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.server.listener import Listener
from weir.resolvers.engine.preparation_queue import PreparationQueue


async def generation_of(
    text: str,
    previous: Generation | None = None,
    folder: Path = Path(),
    replies: ClientMemory | None = None,
    calls: RecordingSink | None = None,
) -> Generation:
    """Build the generation of a configuration, whose files are in `folder`.

    `calls` gets the events of its upstreams.
    """
    loaded = decode_document(read_document(text, str(folder / "weir.yaml"), {}))
    queue = PreparationQueue(9, SystemClock(), replies=replies)
    use = runtime(sink=calls)
    use = replace(use, replies=replies) if replies else use
    try:
        return await build_generation(loaded, previous, use, queue)
    finally:
        queue.close()


@dataclass
class RoutedGateway:
    """A listener and a pipeline with the generation of a configuration."""

    served: LocalListener
    pipeline: Pipeline
    generation: Generation

    @property
    def port(self) -> int:
        return self.served.port

    @property
    def listener(self) -> Listener:
        return self.served.listener

    @property
    def sink(self) -> RecordingSink:
        return self.served.sink

    async def connect(self) -> Connection:
        return await self.served.connect()

    async def reload(self, text: str) -> None:
        """Serve another configuration."""
        before = self.generation
        self.generation = await generation_of(text, before)
        self.pipeline.serve(self.generation)
        await before.close()


@asynccontextmanager
async def routed_gateway(
    text: str,
    folder: Path = Path(),
    replies: ClientMemory | None = None,
    calls: RecordingSink | None = None,
) -> AsyncIterator[RoutedGateway]:
    """Serve a configuration, whose files are in `folder`; its ports are not used.

    `calls` gets the events of its upstreams.
    """
    generation = await generation_of(text, None, folder, replies, calls)
    sink = RecordingSink()
    options = edge_options(generation.loaded.config.server)
    pipeline = Pipeline(options, sink=sink, replies=replies)
    pipeline.serve(generation)
    async with handler_listener(pipeline) as served:
        served.sink = sink
        gateway = RoutedGateway(served, pipeline, generation)
        try:
            yield gateway
        finally:
            for connection in served.connections:
                connection.close()
            await gateway.generation.close()
