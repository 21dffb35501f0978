"""Responses that arrive share their memory, over real sockets."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink, request_context, upstream_request
from tests.support.conditions import until
from tests.support.http2_server import ServedStream, http2_server
from tests.support.upstreams import instances, runtime
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.errors import WeirError
from weir.gateway.events import InstanceChanged
from weir.gateway.transport.errors import ReplyMemoryExceeded, UpstreamTimeout
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.transport.policy import TransportName, TransportPolicy
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    HealthPolicy,
    UpstreamPolicy,
)
from weir.gateway.upstreams.registry import Registry

MEMORY = 400_000
BODY = 100_000
"""Two of them are what one client may hold of the memory, but for what is around."""
CALLS = 20


@dataclass
class SlowService:
    """A service that sends all but the end of a response until it may end it.

    For `/read`, it sends nothing until it may begin.
    """

    url: str = ""
    requests: int = 0

    def __post_init__(self) -> None:
        self.may_begin = asyncio.Event()
        self.may_end = asyncio.Event()

    async def serve_http1(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                if b"/read" in head:
                    await self.may_begin.wait()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % BODY)
                writer.write(b"x" * (BODY - 1))
                if b"/at-once" not in head:
                    await self.may_end.wait()
                writer.write(b"x")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def serve_http2(self, stream: ServedStream) -> None:
        self.requests += 1
        if stream.path == "/read":
            await self.may_begin.wait()
        stream.head(200)
        await stream.send(b"x" * (BODY - 1))
        if stream.path != "/at-once":
            await self.may_end.wait()
        await stream.send(b"x", end=True)


@asynccontextmanager
async def serving(kind: TransportName) -> AsyncGenerator[SlowService]:
    service = SlowService()
    if kind == "http2":
        async with http2_server(service.serve_http2) as http2:
            service.url = http2.url
            yield service
            service.may_end.set()
        return
    server = await asyncio.start_server(service.serve_http1, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        service.may_end.set()
        server.close()


@dataclass
class Slow:
    """An upstream of the service, and the memory for its responses."""

    service: SlowService
    memory: ClientMemory
    registry: Registry
    sink: RecordingSink

    async def call(
        self, client: str, path: str = "/", deadline_s: float = 1e12
    ) -> UpstreamResponse:
        # Writes, because equal reads would be one call.
        request = upstream_request("POST", path, safe=False, deadline_s=deadline_s)
        context = structs.replace(request_context(), client=client)
        return await self.registry.upstream("slow").call(request, context)

    async def read(self, client: str) -> UpstreamResponse:
        """Make a call that equal ones share."""
        request = upstream_request("GET", "/read")
        context = structs.replace(request_context(), client=client)
        return await self.registry.upstream("slow").call(request, context)

    def start(self, client: str) -> "asyncio.Task[UpstreamResponse]":
        return asyncio.create_task(self.call(client))

    async def until_held(self, size: int) -> None:
        await until(lambda: self.memory.used >= size)


@pytest.fixture(params=["http1", "http2", "httpx"])
async def slow(request: pytest.FixtureRequest) -> AsyncGenerator[Slow]:
    memory, sink = ClientMemory(MEMORY), RecordingSink()
    async with serving(request.param) as service:
        policy = UpstreamPolicy(
            name="slow",
            instances=instances(service.url),
            transport=TransportPolicy(kind=request.param, connect_s=30.0),
            health=HealthPolicy(active=False, passive_failures=1),
            breaker=BreakerPolicy(failures=1),
        )
        use = replace(runtime(sink=sink), replies=memory)
        registry = Registry({"slow": policy}, use)
        yield Slow(service, memory, registry, sink)
        service.may_end.set()
        await registry.close()


async def test_responses_that_arrive_share_a_memory_of_which_none_takes_all(
    slow: Slow,
) -> None:
    attacks = [slow.start("attacker") for _ in range(CALLS)]
    ended = asyncio.as_completed(attacks, timeout=60)
    for _ in range(CALLS - 1):
        with pytest.raises(ReplyMemoryExceeded):
            await next(ended)
    held = [one for one in attacks if not one.done()]
    for one in attacks:
        if one in held:
            continue
        error = one.exception()
        assert isinstance(error, ReplyMemoryExceeded)
        assert (error.code, error.row.status) == ("GATEWAY_OVERLOADED", 503)
        assert error.response_headers == ((b"retry-after", b"1"),)
        assert not error.counts_as_failure
    assert slow.memory.used < MEMORY / 2

    bystander = await slow.call("bystander", "/at-once")
    assert (bystander.status, len(bystander.body)) == (200, BODY)

    slow.service.may_end.set()
    assert [len((await one).body) for one in held] == [BODY]
    assert slow.memory.used == 0
    assert slow.service.requests == CALLS + 1, "no call was repeated"
    service = slow.registry.snapshot()[0]
    assert service.breaker.state == "closed"
    assert [each.health for each in service.endpoints] == ["healthy"]
    assert not any(isinstance(each, InstanceChanged) for each in slow.sink.events)


def transport_bytes() -> int:
    """Return the traced memory that the transports have allocated and still use."""
    by_transports = tracemalloc.Filter(
        inclusive=True,
        filename_pattern="*/weir/gateway/transport/*",
        all_frames=True,
    )
    traced = tracemalloc.take_snapshot().filter_traces([by_transports])
    return sum(each.size for each in traced.statistics("filename"))


async def fail_most(slow: Slow) -> None:
    """Make calls of which one at most may have a response, and cancel that one."""
    calls = [slow.start("attacker") for _ in range(CALLS)]
    await until(lambda: sum(each.done() for each in calls) >= CALLS - 1)
    for call in calls:
        call.cancel()
    for error in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(error, WeirError):
            error.without_frames()


@pytest.mark.parametrize("slow", ["http1", "http2"], indirect=True)
async def test_what_has_arrived_of_failed_responses_is_freed_at_once(
    slow: Slow,
) -> None:
    assert len((await slow.call("bystander", "/at-once")).body) == BODY
    gc.collect()
    gc.disable()  # A gateway collects seldom.
    tracemalloc.start(8)
    try:
        await fail_most(slow)
        assert transport_bytes() < 10 * BODY
    finally:
        tracemalloc.stop()
        gc.enable()


@pytest.mark.parametrize("end", ["deadline", "client leaves", "end of the response"])
async def test_memory_is_given_back_however_a_call_ends(slow: Slow, end: str) -> None:
    deadline_s = 1e12
    if end == "deadline":
        deadline_s = asyncio.get_running_loop().time() + 1.0
    call = asyncio.create_task(slow.call("a", deadline_s=deadline_s))
    # A deadline may pass before the response begins, on a slow machine.
    await until(lambda: slow.memory.used >= BODY // 2 or call.done())
    match end:
        case "deadline":
            with pytest.raises(UpstreamTimeout):
                await call
        case "client leaves":
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        case _:
            slow.service.may_end.set()
            assert len((await call).body) == BODY

    assert slow.memory.used == 0


async def test_a_client_without_memory_does_not_fail_the_others_of_a_shared_call(
    slow: Slow,
) -> None:
    held = slow.start("attacker")
    await slow.until_held(BODY // 2)
    clients = ("attacker", "bystander", "attacker", "another")
    reads = [asyncio.create_task(slow.read(each)) for each in clients]
    await until(lambda: slow.service.requests == 2)
    slow.service.may_begin.set()
    for refused in (reads[0], reads[2]):
        with pytest.raises(ReplyMemoryExceeded):
            await refused
    slow.service.may_end.set()

    for one in (held, reads[1], reads[3]):
        assert len((await one).body) == BODY
    assert slow.service.requests == 3, "the others have shared another call"
    assert slow.memory.used == 0


def test_a_copy_of_the_error_has_the_client_too() -> None:
    error = ReplyMemoryExceeded("no memory")
    error.client = "a"

    # Otherwise the others of a shared call, which was made twice, fail for "a".
    assert error.counted(as_failure=True).client == "a"


async def test_a_stream_does_not_count(slow: Slow) -> None:
    request = upstream_request("GET", "/")
    stream = await slow.registry.streams("slow").open(request, request_context())

    assert len(await anext(aiter(stream))) > 0
    assert slow.memory.used == 0
    await stream.aclose()
