"""Streamed responses and upgrades: what they count in, and what ends them."""

import asyncio
import logging
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from msgspec import structs

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.front_doubles import HandlerFront, OneFront
from tests.support.local_listener import pipeline_of
from tests.support.memory_exchange import MemoryExchange, request_head
from weir.gateway.clock import SystemClock
from weir.gateway.context import RequestContext
from weir.gateway.edge.open_streams import OpenStreams
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.route import RoutePolicy
from weir.gateway.errors import GatewayOverloaded, WeirError
from weir.gateway.events import RequestFinished
from weir.gateway.headers import header

EVENTS = b"text/event-stream"
GRACE_S = 0.05


@dataclass
class Feed:
    """A stream whose parts a test sends, each when it wants."""

    parts: "asyncio.Queue[bytes | Exception | None]" = field(
        default_factory=asyncio.Queue
    )
    closed: bool = False
    ends_when_retired: bool = False

    async def stream(self, retired: asyncio.Event) -> AsyncGenerator[bytes]:
        if self.ends_when_retired:
            ending = asyncio.create_task(retired.wait())
            ending.add_done_callback(lambda _: self.parts.put_nowait(None))
        try:
            while (part := await self.parts.get()) is not None:
                if isinstance(part, Exception):
                    raise part
                yield part
        finally:
            self.closed = True


def arriving(head: RequestHead) -> RequestHead:
    return structs.replace(head, arrived_s=SystemClock().monotonic_s())


class Streaming:
    """A pipeline whose endpoint streams from a feed."""

    def __init__(self, drain_s: float = 0.0) -> None:
        self.feed = Feed()
        self.sink = RecordingSink()
        self.content_type = EVENTS
        self.respond_when = asyncio.Event()
        self.respond_when.set()
        self.retired: list[asyncio.Event] = []
        self.policy = RoutePolicy(client_type="web", timeout_s=0.2)
        self.generation = OneFront(HandlerFront(self._respond), policy=self.policy)
        self.pipeline = Pipeline(
            EdgeOptions(in_flight=1),
            sink=self.sink,
            streams=OpenStreams(grace_s=GRACE_S, drain_s=drain_s),
        )
        self.pipeline.serve(self.generation)

    async def _respond(self, request: Request, _: RequestContext) -> Response:
        await self.respond_when.wait()
        self.retired.append(request.retired)
        return Response(
            status=200,
            headers=((b"content-type", self.content_type),),
            body=self.feed.stream(request.retired),
            operation="Feed",
        )

    def exchange(self, *headers: tuple[bytes, bytes]) -> MemoryExchange:
        return MemoryExchange(arriving(request_head(headers=headers)))

    @asynccontextmanager
    async def open(
        self, *headers: tuple[bytes, bytes]
    ) -> AsyncIterator[MemoryExchange]:
        """Yield an exchange whose stream has sent b"one"; await its end."""
        exchange = self.exchange(*headers)
        handling = asyncio.create_task(exchange.run(self.pipeline))
        self.feed.parts.put_nowait(b"one")
        await until(lambda: bool(exchange.sent))
        yield exchange
        async with asyncio.timeout(30):
            await handling

    def next_generation(self, fingerprint: str) -> OneFront:
        return OneFront(
            HandlerFront(self._respond),
            id="g2",
            policy=self.policy,
            fingerprint=fingerprint,
        )

    @property
    def finished(self) -> RequestFinished:
        (event,) = self.sink.events
        assert isinstance(event, RequestFinished)
        return event


async def test_a_stream_is_in_flight_until_its_end_and_outlives_its_deadline() -> None:
    streaming = Streaming()
    async with streaming.open():
        await asyncio.sleep(streaming.policy.timeout_s + 0.1)

        assert streaming.pipeline.in_flight == 1
        refused = await streaming.exchange().run(streaming.pipeline)
        assert refused.status == GatewayOverloaded.row.status
        streaming.sink.events.clear()
        streaming.feed.parts.put_nowait(b"two")
        streaming.feed.parts.put_nowait(None)

    assert streaming.pipeline.in_flight == 0
    assert streaming.feed.closed


async def test_the_event_of_a_stream_is_emitted_at_its_end() -> None:
    streaming = Streaming()
    async with streaming.open() as exchange:
        assert streaming.sink.events == []
        streaming.feed.parts.put_nowait(b"-two")
        streaming.feed.parts.put_nowait(None)

    assert exchange.content == b"one-two"
    event = streaming.finished
    assert (event.status, event.operation, event.error_code) == (200, "Feed", "")
    assert (event.bytes_out, event.cut_off) == (7, False)


async def test_a_stream_is_closed_when_its_client_leaves() -> None:
    streaming = Streaming()
    async with streaming.open() as exchange:
        exchange.leave()

    assert streaming.feed.closed
    assert streaming.pipeline.in_flight == 0
    event = streaming.finished
    assert (event.status, event.error_code) == (200, "CLIENT_CLOSED_REQUEST")
    assert (event.bytes_out, event.cut_off) == (3, True)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatewayOverloaded(), "GATEWAY_OVERLOADED"),
        (ZeroDivisionError("secret"), "INTERNAL_ERROR"),
    ],
)
async def test_a_stream_that_fails_is_cut_off_with_the_code_of_its_error(
    error: Exception, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    streaming = Streaming()

    with caplog.at_level(logging.ERROR), pytest.raises(type(error)):
        async with streaming.open():
            streaming.feed.parts.put_nowait(error)

    event = streaming.finished
    assert (event.error_code, event.cut_off) == (code, True)
    assert len(caplog.records) == (0 if isinstance(error, WeirError) else 1)


async def test_each_part_of_a_compressed_stream_can_be_read_when_it_arrives() -> None:
    streaming = Streaming()
    reader = zlib.decompressobj(wbits=31)
    async with streaming.open((b"accept-encoding", b"gzip")) as exchange:
        assert reader.decompress(exchange.sent[-1]) == b"one"
        streaming.feed.parts.put_nowait(b"two")
        await until(lambda: len(exchange.sent) == 2)
        assert reader.decompress(exchange.sent[-1]) == b"two"
        streaming.feed.parts.put_nowait(None)

    assert exchange.header(b"content-encoding") == b"gzip"
    assert exchange.header(b"vary") == b"Accept-Encoding"
    reader.decompress(exchange.sent[-1])
    assert reader.eof
    assert streaming.feed.closed
    assert streaming.finished.bytes_out == len(exchange.content)


async def test_a_stream_that_the_client_has_already_is_closed_unsent() -> None:
    class Unread:
        closed = False

        def __aiter__(self) -> AsyncIterator[bytes]:
            raise AssertionError

        async def aclose(self) -> None:
            self.closed = True

    async def respond(_: Request, __: RequestContext) -> Response:
        return Response(status=200, headers=((b"etag", b'"1"'),), body=unread)

    unread = Unread()
    pipeline = pipeline_of(respond, RecordingSink())
    head = arriving(request_head(headers=[(b"if-none-match", b'"1"')]))

    exchange = await MemoryExchange(head).run(pipeline)

    assert (exchange.status, exchange.content) == (304, b"")
    assert unread.closed


async def test_a_stream_pins_its_route_and_not_its_generation() -> None:
    streaming = Streaming()
    async with streaming.open() as exchange:
        assert streaming.generation.inside == 0
        same = streaming.next_generation(streaming.generation.fingerprint)

        streaming.pipeline.serve(same)
        await asyncio.sleep(2 * GRACE_S)

        assert not streaming.retired[0].is_set()
        streaming.feed.parts.put_nowait(b"-two")
        streaming.feed.parts.put_nowait(None)

    assert exchange.content == b"one-two"
    assert not streaming.finished.cut_off
    assert streaming.finished.generation_id == "g1"


async def test_a_stream_whose_route_is_gone_is_asked_to_end() -> None:
    streaming = Streaming()
    streaming.feed.ends_when_retired = True
    async with streaming.open() as exchange:
        streaming.pipeline.serve(streaming.next_generation("2"))
        assert streaming.retired[0].is_set()

    assert exchange.content == b"one"
    assert not streaming.finished.cut_off


async def test_a_stream_that_does_not_end_is_cut_off_after_a_grace() -> None:
    streaming = Streaming()
    begun_s = asyncio.get_running_loop().time()
    async with streaming.open():
        streaming.pipeline.serve(streaming.next_generation("2"))
        # Another reload gives it no more time.
        streaming.pipeline.serve(streaming.next_generation("3"))

    assert asyncio.get_running_loop().time() - begun_s >= GRACE_S
    assert streaming.feed.closed
    assert streaming.pipeline.in_flight == 0
    assert (streaming.finished.cut_off, streaming.finished.error_code) == (True, "")


async def test_a_response_that_ends_by_itself_is_not_cut_off() -> None:
    streaming = Streaming()
    streaming.content_type = b"application/octet-stream"
    async with streaming.open() as exchange:
        streaming.pipeline.serve(streaming.next_generation("2"))
        await asyncio.sleep(2 * GRACE_S)
        streaming.feed.parts.put_nowait(b"-two")
        streaming.feed.parts.put_nowait(None)

    assert exchange.content == b"one-two"
    assert not streaming.finished.cut_off


async def test_a_stream_that_begins_after_its_route_was_gone_has_the_grace() -> None:
    streaming = Streaming()
    streaming.respond_when.clear()
    streaming.feed.ends_when_retired = True
    handling = asyncio.create_task(streaming.exchange().run(streaming.pipeline))
    await until(lambda: streaming.generation.inside == 1)
    streaming.pipeline.serve(streaming.next_generation("2"))

    streaming.respond_when.set()
    await asyncio.wait_for(handling, 30)

    assert streaming.retired[0].is_set()
    assert not streaming.finished.cut_off


async def test_a_stream_of_a_route_that_is_gone_drains_before_it_is_retired() -> None:
    streaming = Streaming(drain_s=0.2)
    streaming.feed.ends_when_retired = True
    async with streaming.open():
        started_s = asyncio.get_running_loop().time()
        streaming.pipeline.serve(streaming.next_generation("other"))
        streaming.pipeline.serve(streaming.next_generation("another"))
        assert not streaming.retired[0].is_set()

    assert asyncio.get_running_loop().time() - started_s >= 0.2
    assert streaming.retired[0].is_set()
    assert not streaming.finished.cut_off


async def test_a_stream_continues_if_its_route_is_back_before_the_drain_ends() -> None:
    streaming = Streaming(drain_s=0.2)
    async with streaming.open():
        streaming.pipeline.serve(streaming.next_generation("other"))
        streaming.pipeline.serve(streaming.generation)
        await asyncio.sleep(0.3)
        assert not streaming.retired[0].is_set()
        streaming.feed.parts.put_nowait(None)

    assert not streaming.finished.cut_off


async def test_a_stream_that_drains_is_retired_when_the_process_stops() -> None:
    streaming = Streaming(drain_s=60.0)
    streaming.feed.ends_when_retired = True
    async with streaming.open():
        streaming.pipeline.serve(streaming.next_generation("other"))
        streaming.pipeline.end_streams()
        assert streaming.retired[0].is_set()

    assert not streaming.finished.cut_off


async def test_a_stream_is_cut_off_after_a_grace_when_the_process_stops() -> None:
    streaming = Streaming()
    async with streaming.open():
        streaming.pipeline.end_streams()
        assert streaming.retired[0].is_set()

    assert streaming.feed.closed
    assert streaming.finished.cut_off


async def test_a_stream_that_begins_while_the_process_stops_is_asked_to_end() -> None:
    streaming = Streaming()
    streaming.feed.ends_when_retired = True
    streaming.pipeline.end_streams()

    async with streaming.open() as exchange:
        pass

    assert exchange.content == b"one"


async def upgrade(_: Request, __: RequestContext) -> Upgrade:
    def take_over(*_: object) -> asyncio.Protocol:
        raise AssertionError

    return Upgrade(headers=((b"upgrade", b"echo"),), take_over=take_over)


async def test_an_upgraded_connection_is_in_flight_until_it_is_closed() -> None:
    sink = RecordingSink()
    pipeline = pipeline_of(upgrade, sink)
    exchange = MemoryExchange(arriving(request_head()), can_upgrade=True)
    handling = asyncio.create_task(exchange.run(pipeline))
    await until(lambda: exchange.upgraded is not None)
    assert pipeline.in_flight == 1
    assert sink.events == []

    exchange.close()
    await asyncio.wait_for(handling, 30)

    assert pipeline.in_flight == 0
    assert exchange.upgraded is not None
    assert header(exchange.upgraded.headers, b"x-request-id") is not None
    (event,) = sink.events
    assert isinstance(event, RequestFinished)
    assert (event.status, event.error_code, event.cut_off) == (101, "", False)


async def test_a_request_that_does_not_permit_an_upgrade_gets_the_error() -> None:
    sink = RecordingSink()
    pipeline = pipeline_of(upgrade, sink)

    exchange = await MemoryExchange(arriving(request_head())).run(pipeline)

    assert exchange.status == 400
    (event,) = sink.events
    assert isinstance(event, RequestFinished)
    assert (event.status, event.error_code) == (400, "BAD_REQUEST")
    assert pipeline.in_flight == 0
