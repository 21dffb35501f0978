"""Measures the CPU of the front per request, in the server's process.

Three servers respond with the same 600 bytes, each in its own process: uvicorn with
httptools, uvloop and a raw ASGI function (the minimum of uvicorn), Weir's listener and
protocol with a bare handler, and the whole front with the pipeline and its sinks
(metrics, and a JSON line for each request, written to /dev/null). A client in this
process sends requests like a browser's on all connections, and verifies every body. The
CPU of the server is read from /proc and includes system time.

The figures do not include façades, plans, upstreams and TLS. With one connection, the
event loop has nothing to batch, so that a request costs more than with many.

    python benchmarks/bench_front.py [--requests 40000] [--connections 1 32]
"""

import argparse
import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import cast

import uvicorn
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.edge.exchange import Exchange
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import Route, RouteMatch, RoutePolicy
from weir.gateway.server.address import Address
from weir.gateway.server.asgi import Receive, Scope, Send
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.listener import Listener, bind
from weir.gateway.server.process.interpreter import freeze_heap
from weir.gateway.telemetry.fan_out import FanOut
from weir.gateway.telemetry.log.json_log import JsonLogSink
from weir.gateway.telemetry.log.line_writer import LineWriter
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.store import MetricsStore

BODY = b'{"data":{"title":{"id":"1","name":"' + b"x" * 550 + b'"}}}'
HEADERS = [(b"content-type", b"application/json")]
QUERY = b'{"query":"query Title($id:ID!){title(id:$id){id name}}","variables":{"id":1}}'
REQUEST = (
    b"POST /web/graphql HTTP/1.1\r\nhost: localhost:4000\r\n"
    b"user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101\r\n"
    b"accept: application/json\r\naccept-language: en-GB,en;q=0.8\r\n"
    b"accept-encoding: identity\r\ncontent-type: application/json\r\n"
    b"origin: http://localhost:4000\r\nconnection: keep-alive\r\n"
    b"content-length: %d\r\n\r\n" % len(QUERY)
) + QUERY
ROUNDS = 7


async def bare_handler(exchange: Exchange) -> None:
    await exchange.body.read(len(QUERY))
    await exchange.send(Response(status=200, headers=tuple(HEADERS), body=BODY))


async def bare_app(_: Scope, receive: Receive, send: Send) -> None:
    await receive()
    length = (b"content-length", b"%d" % len(BODY))
    await send(
        {"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]}
    )
    await send({"type": "http.response.body", "body": BODY})


class ConstantFront(ProblemRenderer):
    async def respond(self, request: Request, context: RequestContext) -> Response:
        assert request.body == QUERY
        assert context.client_type == "web"
        return Response(
            status=200,
            headers=tuple(HEADERS),
            body=BODY,
            operation="Title",
        )


class OneGeneration:
    id = "bench"
    locate = None
    match = RouteMatch(
        Route(
            endpoint=ConstantFront(),
            policy=RoutePolicy(client_type="web"),
            template="/web/graphql",
        )
    )

    def route(self, head: RequestHead) -> RouteMatch:
        del head
        return self.match

    def serves(self, route: Route) -> bool:
        return route is self.match.route

    def enter(self) -> None:
        pass

    def leave(self) -> None:
        pass


async def serve_uvicorn() -> None:
    bound = bind(Address("127.0.0.1", 0))
    config = uvicorn.Config(
        bare_app, log_config=None, access_log=False, lifespan="off", http="httptools"
    )
    bound.socket.listen(1024)
    print(bound.address.port, flush=True)
    freeze_heap()
    await uvicorn.Server(config).serve([bound.socket])


async def serve_protocol() -> None:
    bound = bind(Address("127.0.0.1", 0))
    listener = Listener(bare_handler, ConnectionLimits(), SystemClock(), print)
    await listener.open(bound)
    print(bound.address.port, flush=True)
    freeze_heap()
    await asyncio.Event().wait()


async def serve_front() -> None:
    bound = bind(Address("127.0.0.1", 0))
    writer = LineWriter(partial(os.write, os.open(os.devnull, os.O_WRONLY)))
    sink = FanOut(
        [MetricsSink(MetricsStore()), JsonLogSink(writer.write, SystemClock())]
    )
    options = EdgeOptions()
    pipeline = Pipeline(options, sink=sink)
    pipeline.serve(OneGeneration())
    await Listener(pipeline, ConnectionLimits(), SystemClock(), print).open(bound)
    print(bound.address.port, flush=True)
    freeze_heap()
    await asyncio.Event().wait()


SERVERS: dict[str, Callable[[], Coroutine[None, None, None]]] = {
    "uvicorn, raw ASGI": serve_uvicorn,
    "our protocol, bare": serve_protocol,
    "protocol, pipeline, sinks": serve_front,
}


class Client(asyncio.Protocol):
    """A client that sends the next request after each response, up to a number."""

    def __init__(self, left: list[int], finished: asyncio.Future[None]) -> None:
        self.left = left
        self.finished = finished
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop has its own
        self.send_next()

    def send_next(self) -> None:
        if self.left[0] > 0:
            self.left[0] -= 1
            self.transport.write(REQUEST)
        else:
            self.transport.close()
            self.finished.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.received += data
        if self.received.endswith(BODY):
            assert self.received.startswith(b"HTTP/1.1 200 OK\r\n")
            self.received = b""
            self.send_next()


async def load(port: int, connections: int, requests: int) -> None:
    loop = asyncio.get_running_loop()
    left = [requests]
    finished = [loop.create_future() for _ in range(connections)]
    for future in finished:
        await loop.create_connection(partial(Client, left, future), "127.0.0.1", port)
    async with asyncio.timeout(120):
        await asyncio.gather(*finished)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(name: str) -> Iterator[tuple[int, int]]:
    """Start a server; yields its pid and port."""
    with subprocess.Popen(  # noqa: S603 - this very script
        [sys.executable, __file__, "--serve", name], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield server.pid, int(server.stdout.readline())
        finally:
            server.kill()


def measure(connections: int, requests: int) -> dict[str, float]:
    """Return microseconds of CPU per request and server: the minimum of the rounds.

    Other work of the machine can only add to it. The servers take turns, so that it
    affects them equally.
    """
    costs: dict[str, list[float]] = {name: [] for name in SERVERS}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(running(name)) for name in SERVERS}
        for _, port in servers.values():
            uvloop.run(load(port, connections, requests // 5))
        for _ in range(ROUNDS):
            for name, (pid, port) in servers.items():
                gc.collect()
                begun = cpu_s(pid)
                uvloop.run(load(port, connections, requests))
                costs[name].append((cpu_s(pid) - begun) / requests * 1e6)
    return {name: min(rounds) for name, rounds in costs.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=40_000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--serve", choices=SERVERS)
    arguments = parser.parse_args()
    if arguments.serve:
        uvloop.run(SERVERS[arguments.serve]())
        return
    print(f"python {sys.version.split()[0]}, {time.strftime('%Y-%m-%d')}")
    print(f"{'connections':<12} {'server':<26} {'µs CPU/request':>15} {'ratio':>6}")
    for connections in arguments.connections:
        costs = measure(connections, arguments.requests)
        floor = next(iter(costs.values()))
        for name, cost in costs.items():
            print(f"{connections:<12} {name:<26} {cost:>15.1f} {cost / floor:>6.2f}")


if __name__ == "__main__":
    main()
