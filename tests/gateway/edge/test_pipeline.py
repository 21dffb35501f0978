"""The client pipeline in memory: what becomes of a request, step by step."""

import asyncio
import logging
from collections.abc import Callable

import orjson
import pytest
from msgspec import structs

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import CountedIds, HandlerFront, OneFront, hang, text
from tests.support.memory_exchange import MemoryBody, MemoryExchange, request_head
from weir.gateway.context import RequestContext
from weir.gateway.edge.builtin import (
    RejectingEndpoint,
    allowed_methods,
    builtin_policy,
    not_found,
)
from weir.gateway.edge.context.client_address import networks
from weir.gateway.edge.exchange import ClientLeft
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.pipeline import Pipeline
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.compression import CompressionPolicy
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import Buffered, RoutePolicy, Streamed
from weir.gateway.errors import BadRequest, MethodNotAllowed, RequestTimeout, WeirError
from weir.gateway.events import RequestFinished
from weir.gateway.headers import header
from weir.gateway.trace_parent import TraceParent
from weir.gateway.transport.errors import UpstreamOverloaded

TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Bench:
    """A pipeline with one endpoint, and everything it touched."""

    def __init__(
        self,
        handler: Callable[..., object] | None = None,
        options: EdgeOptions | None = None,
        policy: RoutePolicy | None = None,
    ) -> None:
        self.sink = RecordingSink()
        self.clock = FakeClock()
        self.requests: list[Request] = []
        self.contexts: list[RequestContext] = []
        self._handler = handler
        self.generation = OneFront(
            HandlerFront(self._handle), policy=policy or RoutePolicy(client_type="web")
        )
        self.pipeline = Pipeline(
            options or EdgeOptions(),
            sink=self.sink,
            clock=self.clock,
            ids=CountedIds(),
        )
        self.pipeline.serve(self.generation)

    async def _handle(self, request: Request, context: RequestContext) -> Response:
        self.requests.append(request)
        self.contexts.append(context)
        if self._handler is None:
            return text(b"hello")
        response = self._handler(request, context)
        if asyncio.iscoroutine(response):
            response = await response
        assert isinstance(response, Response)
        return response

    async def send(
        self, head: RequestHead | None = None, body: MemoryBody | None = None
    ) -> MemoryExchange:
        exchange = MemoryExchange(head or request_head(), body or MemoryBody())
        return await exchange.run(self.pipeline)

    @property
    def finished(self) -> RequestFinished:
        (event,) = self.sink.events
        assert isinstance(event, RequestFinished)
        return event


async def test_a_request_reaches_its_endpoint_with_its_body() -> None:
    bench = Bench()
    head = request_head("/web/a%2Fb", method="POST", query="q=a%20b")

    exchange = await bench.send(head, MemoryBody([b"bo", b"dy"]))

    assert (exchange.status, exchange.content) == (200, b"hello")
    (request,) = bench.requests
    assert request.head is head
    assert request.body == b"body"
    assert not request.retired.is_set()


async def test_the_context_names_the_request_to_everything_below() -> None:
    bench = Bench()

    await bench.send()

    (context,) = bench.contexts
    assert context.request_id == "1".zfill(32)
    assert context.trace.trace_id == "1".zfill(32)
    assert context.client_type == "web"
    assert context.generation_id == "g1"
    assert context.deadline_s == bench.clock.now_s + RoutePolicy().timeout_s
    assert context.forwarded == (
        (b"x-request-id", b"1".zfill(32)),
        (b"x-client-type", b"web"),
        (b"x-forwarded-for", b"192.0.2.7"),
        (b"x-forwarded-proto", b"http"),
        (b"x-forwarded-host", b"weir.test"),
    )
    assert context.client_headers == {b"host": b"weir.test"}


async def test_the_clients_ids_are_taken_up() -> None:
    bench = Bench()
    headers = [
        (b"x-request-id", b"mine-1"),
        (b"traceparent", TRACEPARENT),
        (b"tracestate", b"vendor=1"),
    ]

    exchange = await bench.send(request_head(headers=headers))

    (context,) = bench.contexts
    assert exchange.header(b"x-request-id") == b"mine-1"
    assert context.trace.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert context.trace.parent_id != "b7ad6b7169203331"
    assert header(context.forwarded, b"tracestate") == b"vendor=1"


async def test_two_requests_of_one_trace_have_an_id_each() -> None:
    bench = Bench()
    for _ in range(2):
        await bench.send(request_head(headers=[(b"traceparent", TRACEPARENT)]))

    first, second = bench.contexts
    assert first.trace.trace_id == second.trace.trace_id
    assert first.request_id != second.request_id


@pytest.mark.parametrize("traceparent", [[], [(b"traceparent", b"00-nonsense")]])
async def test_a_tracestate_without_its_trace_is_dropped(
    traceparent: list[tuple[bytes, bytes]],
) -> None:
    bench = Bench()
    await bench.send(request_head(headers=[*traceparent, (b"tracestate", b"vendor=1")]))

    assert header(bench.contexts[0].forwarded, b"tracestate") is None


async def test_options_and_policy_reach_the_request() -> None:
    options = EdgeOptions(
        trusted_proxies=networks(("192.0.2.7",)),
    )
    bench = Bench(options=options, policy=RoutePolicy(timeout_s=5))
    headers = [(b"x-forwarded-for", b"203.0.113.9")]

    await bench.send(request_head(headers=headers))

    (context,) = bench.contexts
    assert context.client_address == "203.0.113.9"
    assert context.deadline_s == bench.clock.now_s + 5


async def test_one_event_is_emitted_for_each_request() -> None:
    def slow(request: Request, _: RequestContext) -> Response:
        bench.clock.advance(0.25)
        return text(request.body)

    bench = Bench(slow)

    await bench.send(request_head(method="POST"), MemoryBody([b"body"]))

    assert bench.finished == RequestFinished(
        request_id="1".zfill(32),
        trace=TraceParent(trace_id="1".zfill(32), parent_id="2".zfill(16)),
        client_type="web",
        generation_id="g1",
        method="POST",
        scheme="http",
        path="/",
        route="/test",
        operation="Test",
        status=200,
        error_code="",
        started_s=1000.0,
        ended_s=1000.25,
        bytes_in=4,
        bytes_out=4,
        client_address="192.0.2.7",
    )


@pytest.mark.parametrize("host", [b"a b", b"user@a", b"a/b", b""])
async def test_a_bad_host_is_refused_before_the_endpoint(host: bytes) -> None:
    bench = Bench()

    exchange = await bench.send(request_head(headers=[(b"host", host)]))

    assert exchange.status == 400
    assert b"The Host header is not a single host name." in exchange.content
    assert exchange.header(b"x-request-id") == b"1".zfill(32)
    assert bench.requests == []
    assert (bench.finished.error_code, bench.finished.route) == ("BAD_REQUEST", "/test")


async def test_a_request_without_host_is_refused_unless_it_is_http_1_0() -> None:
    for version, status in (("1.1", 400), ("1.0", 200)):
        head = structs.replace(
            request_head(), http_version=version, headers={}, lines=()
        )

        assert (await Bench().send(head)).status == status


@pytest.mark.parametrize(
    ("chunks", "status"),
    [([b"x" * 10], 200), ([b"x" * 5, b"x" * 5], 200), ([b"x" * 6, b"x" * 6], 413)],
)
async def test_a_body_is_buffered_within_the_limit_of_its_route(
    chunks: list[bytes], status: int
) -> None:
    bench = Bench(policy=RoutePolicy(body=Buffered(10)))

    exchange = await bench.send(request_head(method="POST"), MemoryBody(chunks))

    assert exchange.status == status
    assert [request.body for request in bench.requests] == (
        [b"x" * 10] if status == 200 else []
    )


async def test_an_endpoint_that_streams_its_body_reads_it_itself() -> None:
    async def echo(request: Request, _: RequestContext) -> Response:
        assert request.body == b""
        return text(b"|".join([part async for part in request.stream]))

    bench = Bench(echo, policy=RoutePolicy(body=Streamed()))

    exchange = await bench.send(
        request_head(method="POST"), MemoryBody([b"a", b"b" * 2**21])
    )

    assert exchange.content == b"a|" + b"b" * 2**21


async def test_options_responds_with_the_methods_of_the_path() -> None:
    bench = Bench(policy=builtin_policy())
    bench.generation.front = allowed_methods(("GET", "OPTIONS"))

    exchange = await bench.send(request_head(method="OPTIONS"))

    assert (exchange.status, exchange.content) == (204, b"")
    assert exchange.header(b"allow") == b"GET, OPTIONS"
    assert exchange.header(b"x-request-id") == b"1".zfill(32)
    assert bench.finished.error_code == ""


async def test_the_body_of_a_path_that_is_not_served_is_not_read() -> None:
    bench = Bench(policy=builtin_policy())
    bench.generation.front = RejectingEndpoint(not_found, ProblemRenderer())
    body = MemoryBody([b"x"])

    exchange = await bench.send(request_head("/nowhere", method="POST"), body)

    assert exchange.status == 404
    assert exchange.header(b"content-type") == b"application/problem+json"
    assert exchange.header(b"x-request-id") == b"1".zfill(32)
    assert b"There is no endpoint at '/nowhere'." in exchange.content
    assert not body.was_read


def raise_(error: Exception) -> Callable[..., object]:
    def handler(*_: object) -> object:
        raise error

    return handler


@pytest.mark.parametrize(
    "error",
    [
        BadRequest("no such page"),
        MethodNotAllowed("PUT", ("GET", "HEAD")),
        UpstreamOverloaded("full", retry_after_s=2.5),
    ],
)
async def test_an_error_is_rendered_by_the_endpoint_with_its_headers(
    error: WeirError,
) -> None:
    bench = Bench(raise_(error))

    exchange = await bench.send()

    assert exchange.response is not None
    assert exchange.status == error.row.status
    assert exchange.header(b"x-request-id") == b"1".zfill(32)
    assert set(error.response_headers) <= set(exchange.response.headers)
    assert orjson.loads(exchange.content)["code"] == error.code
    assert bench.finished.error_code == error.code


async def test_an_error_of_the_body_is_rendered_as_any_other() -> None:
    bench = Bench()

    exchange = await bench.send(
        request_head(method="POST"), MemoryBody([b"x"], RequestTimeout())
    )

    assert exchange.status == bench.finished.status == 408
    assert bench.finished.error_code == "REQUEST_TIMEOUT"
    assert bench.requests == []


async def test_a_bug_is_logged_with_its_trace_and_shown_to_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(raise_(KeyError("password=hunter2")))

    with caplog.at_level(logging.ERROR):
        exchange = await bench.send(
            request_head(headers=[(b"traceparent", TRACEPARENT)])
        )

    assert exchange.status == 500
    assert b"hunter2" not in exchange.content
    assert bench.finished.error_code == "INTERNAL_ERROR"
    (record,) = caplog.records
    assert vars(record)["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


async def test_a_renderer_that_fails_leaks_nothing_either() -> None:
    class Broken(HandlerFront):
        def render_error(self, error: WeirError, context: RequestContext) -> Response:
            raise ZeroDivisionError(error, context)

    bench = Bench()
    bench.generation.front = Broken(hang)

    exchange = await bench.send(request_head(headers=[(b"host", b"a b")]))

    assert exchange.status == 500
    assert b"ZeroDivision" not in exchange.content


async def test_a_client_that_leaves_ends_its_work() -> None:
    bench = Bench(hang)
    exchange = MemoryExchange()
    handling = asyncio.create_task(exchange.run(bench.pipeline))
    await until(lambda: bench.generation.inside == 1)
    exchange.leave()

    await asyncio.wait_for(handling, 30)

    assert exchange.response is None
    assert bench.finished.status == 499
    assert bench.finished.error_code == "CLIENT_CLOSED_REQUEST"
    assert bench.pipeline.in_flight == bench.generation.inside == 0


async def test_a_client_that_leaves_within_its_body_gets_no_response() -> None:
    bench = Bench()

    exchange = await bench.send(
        request_head(method="POST"), MemoryBody([b"x"], ClientLeft())
    )

    assert exchange.response is None
    assert bench.finished.status == 499
    assert bench.requests == []


async def test_a_client_that_leaves_before_its_response_is_reported() -> None:
    def leave(*_: object) -> Response:
        exchange.gone = True
        return text(b"late")

    bench = Bench(leave)
    exchange = MemoryExchange()

    await exchange.run(bench.pipeline)

    assert exchange.response is None
    assert bench.finished.status == 499


async def test_a_request_ends_at_the_deadline_of_its_route() -> None:
    bench = Bench(hang, policy=RoutePolicy(timeout_s=0.05))

    exchange = await asyncio.wait_for(bench.send(), 30)

    assert exchange.status == 504
    assert bench.finished.error_code == "DEADLINE_EXCEEDED"


async def test_a_cancellation_from_elsewhere_passes_through() -> None:
    bench = Bench(hang)
    handling = asyncio.create_task(bench.send())
    await until(lambda: bench.generation.inside == 1)
    handling.cancel()

    with pytest.raises(asyncio.CancelledError):
        await handling

    assert bench.generation.inside == bench.pipeline.in_flight == 0


async def test_a_request_stays_within_the_generation_it_began_in() -> None:
    bench = Bench(hang)
    old, new = bench.generation, OneFront(HandlerFront(hang), id="g2")
    exchange = MemoryExchange()
    handling = asyncio.create_task(exchange.run(bench.pipeline))
    await asyncio.sleep(0)
    bench.pipeline.serve(new)
    assert (old.inside, new.entered) == (1, 0)

    exchange.leave()
    await handling

    assert (old.inside, new.entered) == (0, 0)
    assert bench.finished.generation_id == "g1"


@pytest.mark.parametrize("policy", [None, CompressionPolicy(min_bytes=10)])
async def test_responses_are_compressed_where_the_policy_says_so(
    policy: CompressionPolicy | None,
) -> None:
    bench = Bench(lambda *_: text(b"x" * 1000), EdgeOptions(compression=policy))
    head = request_head(headers=[(b"accept-encoding", b"gzip")])

    exchange = await bench.send(head)

    coded = exchange.header(b"content-encoding") == b"gzip"
    assert coded is (policy is not None)
    assert bench.finished.bytes_out == len(exchange.content)


async def test_a_response_that_the_client_has_is_not_sent_again() -> None:
    tagged = structs.replace(text(b"x" * 2000), headers=((b"etag", b'"1"'),))
    bench = Bench(lambda *_: tagged)

    exchange = await bench.send(request_head(headers=[(b"if-none-match", b'"1"')]))

    assert (exchange.status, exchange.content) == (304, b"")
    assert exchange.header(b"x-request-id") == b"1".zfill(32)
    assert bench.finished.status == 304
