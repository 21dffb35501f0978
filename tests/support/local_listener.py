"""A listener in the test's own process, with any handler or a pipeline behind it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.calls import RecordingSink
from tests.support.front_doubles import Handler, HandlerFront, OneFront
from tests.support.served_process import Connection, connect
from weir.gateway.clock import SystemClock
from weir.gateway.edge import exchange
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.route import Buffered, RoutePolicy
from weir.gateway.events import EventSink
from weir.gateway.server.address import Address
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.listener import Listener, bind


@dataclass
class LocalListener:
    """An open listener; `refused` holds the codes of its refusals."""

    listener: Listener
    port: int
    sink: RecordingSink
    refused: list[str] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)

    async def connect(self) -> Connection:
        connection = await connect(self.port)
        self.connections.append(connection)
        return connection


def pipeline_of(
    handler: Handler, sink: EventSink, max_body_bytes: int = 100_000
) -> Pipeline:
    """Return a pipeline that serves `handler` at every path."""
    policy = RoutePolicy(client_type="web", body=Buffered(max_body_bytes))
    pipeline = Pipeline(EdgeOptions(), sink=sink)
    pipeline.serve(OneFront(HandlerFront(handler), policy=policy))
    return pipeline


@asynccontextmanager
async def local_listener(
    handler: Handler,
    limits: ConnectionLimits,
    *,
    max_body_bytes: int = 100_000,
) -> AsyncIterator[LocalListener]:
    sink = RecordingSink()
    pipeline = pipeline_of(handler, sink, max_body_bytes)
    async with handler_listener(pipeline, limits) as served:
        served.sink = sink
        yield served


@asynccontextmanager
async def handler_listener(
    handler: exchange.Handler, limits: ConnectionLimits | None = None
) -> AsyncIterator[LocalListener]:
    """Listen for `handler` without a pipeline."""
    refused: list[str] = []
    listener = Listener(
        handler, limits or ConnectionLimits(), SystemClock(), refused.append
    )
    bound = bind(Address("127.0.0.1", 0))
    await listener.open(bound)
    served = LocalListener(listener, bound.address.port, RecordingSink(), refused)
    try:
        yield served
    finally:
        for connection in served.connections:
            connection.close()
        await asyncio.sleep(0.01)
        await listener.close(0)
