"""Measures the CPU of one call to an upstream, in the gateway's process.

Five clients call the same server in another process: a bare asyncio.Protocol that
writes constant bytes and counts the response bytes (the part of the event loop), the
HTTP/1.1 client alone, the stack of policies without coalescing, with it, and with all
features: hedging, an adaptive limit, a cache. No two calls are equal, so that each is
sent: the cache has no entry for it, and stores its response. Each call has the fields
and body of a GraphQL fetch, and its response is 600 bytes of JSON. Bodies are verified;
a wrong one ends the benchmark.

The figures do not include the CPU of the server and the use of a response. With one
call in flight, the loop has nothing to batch, so that a call costs more than with many.

    python benchmarks/bench_upstream_call.py [--calls 20000]
"""

import argparse
import asyncio
import gc
import itertools
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import cast

import uvloop

from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.discovery.policy import InstanceSpec
from weir.gateway.events import Event
from weir.gateway.trace_parent import TraceParent
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.model.policy import (
    CachePolicy,
    ConcurrencyPolicy,
    HealthPolicy,
    HedgePolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

BODY = b'{"data":{"title":{"id":"1","name":"' + b"x" * 550 + b'"}}}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\ndate: Sat, 21 Nov 2026 09:00:00 GMT\r\nserver: bench\r\n"
    b"content-type: application/json\r\ncache-control: max-age=60\r\n"
    b"content-length: %d\r\n\r\n" % len(BODY)
) + BODY
QUERY = b'{"query":"query($id:ID!){title(id:$id){id name}}","variables":{"id":"1"}}'
OWN = ((b"content-type", b"application/json"), (b"accept", b"application/json"))
FORWARDED = (
    (b"x-request-id", b"01J0000000000000000000000"),
    (b"traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    (b"x-forwarded-for", b"192.0.2.1"),
    (b"x-forwarded-proto", b"https"),
    (b"x-client-type", b"mobile"),
)
STORE_BYTES = 16 * 1024 * 1024
Call = Callable[[], Awaitable[bytes]]


class Server(asyncio.Protocol):
    """A server that responds to each request, which must arrive in one piece."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop has its own

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\r\n\r\n")):
            self.transport.write(ANSWER)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Floor(asyncio.Protocol):
    """A minimal client: a constant request, a response of known length."""

    def __init__(self) -> None:
        self.waiter: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop has its own

    def data_received(self, data: bytes) -> None:
        assert len(data) == len(ANSWER)
        assert self.waiter is not None
        self.waiter.set_result(data[-len(BODY) :])

    async def call(self, request: bytes) -> bytes:
        self.waiter = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.waiter


class NoEvents:
    """A sink that ignores all events."""

    def receiver(self, event_type: type[Event]) -> None:
        """Return no receiver."""

    def emit(self, event: Event) -> None:
        raise AssertionError(event)


CONTEXT = RequestContext(
    request_id="r",
    trace=TraceParent(trace_id="0" * 32, parent_id="0" * 16),
    client_type="mobile",
    generation_id="g",
    deadline_s=1e12,
    sink=NoEvents(),
    forwarded=FORWARDED,
)


def fetch(serial: int = 0) -> UpstreamRequest:
    return UpstreamRequest(
        method="POST",
        path=f"/graphql?{serial}",
        safe=True,
        deadline_s=time.monotonic() + 10,
        endpoint="POST /graphql",
        headers=OWN,
        body=QUERY,
    )


async def cpu_us(calls: int, lanes: list[Call]) -> float:
    """Return microseconds of CPU per call; each element sends its calls in turn."""

    async def lane(call: Call) -> None:
        for _ in range(calls // len(lanes)):
            assert await call() == BODY

    gc.collect()
    started_s = time.process_time()
    await asyncio.gather(*(lane(call) for call in lanes))
    return (time.process_time() - started_s) / calls * 1e6


async def floor_lanes(port: int, width: int) -> list[Call]:
    loop = asyncio.get_running_loop()
    head = b"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\n"
    fields = b"".join(b"%s: %s\r\n" % line for line in OWN + FORWARDED)
    request = head + fields + b"content-length: %d\r\n\r\n" % len(QUERY) + QUERY
    lanes: list[Call] = []
    for _ in range(width):
        _, floor = await loop.create_connection(Floor, "127.0.0.1", port)
        lanes.append(partial(floor.call, request))
    return lanes


def transport_lanes(port: int, width: int) -> list[Call]:
    url = f"http://127.0.0.1:{port}"
    transport = Http1Transport(parse_origin(url), TransportPolicy(), SystemClock())

    async def call() -> bytes:
        request = fetch()
        answer = await transport.call(request, OWN + FORWARDED, request.deadline_s)
        return answer.body

    return [call] * width


def stack_lanes(policy: UpstreamPolicy, width: int) -> list[Call]:
    rng = random.Random(1)  # noqa: S311 - chance, not secrecy
    store = MemoryStore(STORE_BYTES)
    registry = Registry(
        {"bench": policy}, Dependencies(SystemClock(), rng, NoEvents(), store)
    )
    upstream = registry.upstream("bench")

    serial = itertools.count()

    async def call() -> bytes:
        # The path has a serial number, because equal calls would be coalesced.
        return (await upstream.call(fetch(next(serial)), CONTEXT)).body

    return [call] * width


def stack_policy(port: int, *, coalesce: bool) -> UpstreamPolicy:
    """Return two names of the one server as instances, so that there is a choice."""
    urls = (f"http://127.0.0.1:{port}", f"http://localhost:{port}")
    return UpstreamPolicy(
        name="bench",
        instances=tuple(InstanceSpec(url) for url in urls),
        balancing="power_of_two",
        health=HealthPolicy(active=False),
        coalesce=coalesce,
    )


def everything(port: int) -> UpstreamPolicy:
    """Return the policy with all features."""
    return replace(
        stack_policy(port, coalesce=True),
        hedge=HedgePolicy(after_s=1.0),
        concurrency=ConcurrencyPolicy(adaptive=True),
        slow_start_s=10.0,
        cache=CachePolicy(ttl_s=60.0, stale_if_error_s=60.0),
    )


async def measure(port: int, calls: int) -> None:
    print("microseconds of CPU per call")
    names = ("loop", "client", "stack", "coalesce", "all on")
    print(f"{'in flight':>9} " + " ".join(f"{name:>8}" for name in names))
    for width in (1, 32):
        contenders = (
            await floor_lanes(port, width),
            transport_lanes(port, width),
            stack_lanes(stack_policy(port, coalesce=False), width),
            stack_lanes(stack_policy(port, coalesce=True), width),
            stack_lanes(everything(port), width),
        )
        for lanes in contenders:
            await cpu_us(calls // 10, lanes)
        figures = [
            min([await cpu_us(calls, lanes) for _ in range(3)]) for lanes in contenders
        ]
        print(f"{width:>9} " + " ".join(f"{figure:8.1f}" for figure in figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        uvloop.run(serve())
        return
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:  # noqa: S603 - itself
        assert server.stdout is not None
        try:
            uvloop.run(measure(int(server.stdout.readline()), options.calls))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
