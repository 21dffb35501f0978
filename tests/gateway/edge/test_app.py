import asyncio
import logging
from collections.abc import Callable

import orjson
import pytest

from tests.support.asgi_client import Client, http_scope
from tests.support.fake_clock import FakeClock
from tests.support.front_doubles import (
    CountedIds,
    HandlerFront,
    OneFront,
    RecordingSink,
    hang,
    text,
)
from weir.gateway.context import RequestContext
from weir.gateway.edge.app import Edge, UnsupportedScope
from weir.gateway.edge.asgi import REFUSED
from weir.gateway.edge.client_address import networks
from weir.gateway.edge.compression import CompressionPolicy
from weir.gateway.edge.exchange import ClientRequest, ClientResponse
from weir.gateway.edge.forwarding import ForwardingPolicy
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.plain import (
    AllowedMethods,
    HealthEndpoint,
    RefusingEndpoint,
    not_found,
)
from weir.gateway.edge.problem import ProblemRenderer
from weir.gateway.errors import BadRequest, MethodNotAllowed, RequestTimeout, WeirError
from weir.gateway.events import RequestFinished
from weir.gateway.headers import header
from weir.gateway.transport.errors import UpstreamOverloaded

TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Bench:
    """An edge with one front, and everything it touched."""

    def __init__(
        self,
        handler: Callable[..., object] | None = None,
        options: EdgeOptions | None = None,
    ) -> None:
        self.sink = RecordingSink()
        self.clock = FakeClock()
        self.requests: list[ClientRequest] = []
        self.contexts: list[RequestContext] = []
        self._handler = handler
        self.generation = OneFront(HandlerFront(self._handle))
        self.edge = Edge(
            lambda: self.generation,
            options or EdgeOptions(),
            sink=self.sink,
            clock=self.clock,
            ids=CountedIds(),
        )

    async def _handle(
        self, request: ClientRequest, context: RequestContext
    ) -> ClientResponse:
        self.requests.append(request)
        self.contexts.append(context)
        if self._handler is None:
            return text(b"hello")
        answer = self._handler(request, context)
        if asyncio.iscoroutine(answer):
            answer = await answer
        assert isinstance(answer, ClientResponse)
        return answer

    @property
    def finished(self) -> RequestFinished:
        (event,) = self.sink.events
        assert isinstance(event, RequestFinished)
        return event


async def test_a_request_is_decoded_once_and_answered() -> None:
    bench = Bench()
    scope = http_scope(
        "/web/titles",
        method="POST",
        query=b"q=a%20b",
        headers=[(b"content-length", b"4"), (b"accept", b"*/*")],
    )

    answer = await Client([b"bo", b"dy"]).run(bench.edge, scope)

    assert answer.status == 200
    assert answer.body == b"hello"
    assert bench.requests == [
        ClientRequest(
            method="POST",
            path="/web/titles",
            query="q=a%20b",
            headers=(
                (b"host", b"weir.test"),
                (b"content-length", b"4"),
                (b"accept", b"*/*"),
            ),
            body=b"body",
            scheme="http",
            client_address="192.0.2.7",
        )
    ]


async def test_the_context_names_the_request_to_everything_below() -> None:
    bench = Bench()

    await Client().run(bench.edge, http_scope())

    (context,) = bench.contexts
    assert context.request_id == "1".zfill(32)
    assert context.trace.trace_id == "1".zfill(32)
    assert context.client_type == "web"
    assert context.generation_id == "g1"
    assert context.deadline_s == bench.clock.now_s + EdgeOptions().timeout_s
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

    answer = await Client().run(bench.edge, http_scope(headers=headers))

    (context,) = bench.contexts
    assert answer.header(b"x-request-id") == b"mine-1"
    assert context.trace.trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert context.trace.parent_id != "b7ad6b7169203331"
    assert header(context.forwarded, b"tracestate") == b"vendor=1"


async def test_two_requests_of_one_trace_have_an_id_each() -> None:
    bench = Bench()
    for _ in range(2):
        scope = http_scope(headers=[(b"traceparent", TRACEPARENT)])
        await Client().run(bench.edge, scope)

    first, second = bench.contexts
    assert first.trace.trace_id == second.trace.trace_id
    assert first.request_id != second.request_id


@pytest.mark.parametrize("traceparent", [[], [(b"traceparent", b"00-nonsense")]])
async def test_a_tracestate_without_its_trace_is_dropped(
    traceparent: list[tuple[bytes, bytes]],
) -> None:
    bench = Bench()
    scope = http_scope(headers=[*traceparent, (b"tracestate", b"vendor=1")])

    await Client().run(bench.edge, scope)

    assert header(bench.contexts[0].forwarded, b"tracestate") is None


async def test_options_reach_the_request() -> None:
    options = EdgeOptions(
        trusted_proxies=networks(("192.0.2.7",)),
        forwarding=ForwardingPolicy(("Accept-Language",)),
        timeout_s=5,
    )
    bench = Bench(options=options)
    headers = [(b"x-forwarded-for", b"203.0.113.9"), (b"accept-language", b"de")]

    await Client().run(bench.edge, http_scope(headers=headers))

    assert bench.requests[0].client_address == "203.0.113.9"
    assert bench.contexts[0].deadline_s == bench.clock.now_s + 5
    assert header(bench.contexts[0].forwarded, b"accept-language") == b"de"


async def test_one_event_tells_of_each_request() -> None:
    def slow(request: ClientRequest, _: RequestContext) -> ClientResponse:
        bench.clock.advance(0.25)
        return text(request.body)

    bench = Bench(slow)
    scope = http_scope(method="POST", headers=[(b"content-length", b"4")])

    await Client([b"body"]).run(bench.edge, scope)

    assert bench.finished == RequestFinished(
        request_id="1".zfill(32),
        trace_id="1".zfill(32),
        client_type="web",
        generation_id="g1",
        method="POST",
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


HEADS = [
    ([(b"host", b"a"), (b"host", b"b")], b"The Host header is not one host name."),
    ([(b"host", b"a b")], b"The Host header is not one host name."),
    ([(b"host", b"a"), (b"content-length", b"+1")], b"Content-Length is not a number."),
]


@pytest.mark.parametrize(("headers", "detail"), HEADS)
async def test_a_bad_head_is_refused_before_the_front(
    headers: list[tuple[bytes, bytes]], detail: bytes
) -> None:
    bench = Bench()

    answer = await Client().run(bench.edge, http_scope(headers=headers))

    assert answer.status == 400
    assert detail in answer.body
    assert bench.requests == []


async def test_a_request_without_host_is_refused_unless_it_is_http_1_0() -> None:
    bench = Bench()
    scope = http_scope()
    scope["headers"] = []
    assert (await Client().run(bench.edge, scope)).status == 400

    scope["http_version"] = "1.0"
    assert (await Client().run(bench.edge, scope)).status == 200


@pytest.mark.parametrize(
    ("chunks", "declared", "status", "read"),
    [
        ([b"x" * 10], b"10", 200, 1),
        ([b"x" * 5, b"x" * 5], None, 200, 2),
        ([b"x" * 11], b"11", 413, 1),
        ([b"x" * 6, b"x" * 6, b"x" * 6], None, 413, 3),
        ([b"x" * 10, b"", b"x"], None, 413, 3),
    ],
)
async def test_the_body_is_read_within_its_limit(
    chunks: list[bytes], declared: bytes | None, status: int, read: int
) -> None:
    bench = Bench(options=EdgeOptions(max_body_bytes=10))
    length = (
        [(b"content-length", declared)]
        if declared
        else [(b"transfer-encoding", b"chunked")]
    )
    client = Client(chunks)

    answer = await client.run(bench.edge, http_scope(method="POST", headers=length))

    assert answer.status == status
    assert client.asked == read
    assert (answer.header(b"connection") == b"close") is (
        status == 413 and chunks != [b"x" * 10, b"", b"x"]
    )


@pytest.mark.parametrize("declared", [b"11", b"9" * 309, b"9" * 5000])
async def test_a_declared_length_above_the_limit_is_refused_unread(
    declared: bytes,
) -> None:
    bench = Bench(options=EdgeOptions(max_body_bytes=10))
    client = Client([b"x" * 11])
    scope = http_scope(method="POST", headers=[(b"content-length", declared)])

    answer = await client.run(bench.edge, scope)

    assert answer.status == 413
    # Start and body are sent before a byte is taken; what comes then is dropped.
    assert client.asked_before_send == [0, 0, 1]


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
async def test_an_error_is_rendered_by_the_front_with_its_headers(
    error: WeirError,
) -> None:
    bench = Bench(raise_(error))

    answer = await Client().run(bench.edge, http_scope())

    assert answer.status == error.row.status
    assert set(error.response_headers) <= set(answer.headers)
    assert orjson.loads(answer.body)["code"] == error.code
    assert bench.finished.error_code == error.code


async def test_options_are_answered_with_the_methods_of_the_path() -> None:
    bench = Bench()
    bench.generation.front = AllowedMethods(("GET", "OPTIONS"))

    answer = await Client().run(bench.edge, http_scope(method="OPTIONS"))

    assert (answer.status, answer.body) == (204, b"")
    assert answer.header(b"allow") == b"GET, OPTIONS"
    assert bench.finished.error_code == ""


async def test_a_bug_is_logged_with_its_trace_and_shown_to_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench(raise_(KeyError("password=hunter2")))

    with caplog.at_level(logging.ERROR):
        answer = await Client().run(
            bench.edge, http_scope(headers=[(b"traceparent", TRACEPARENT)])
        )

    assert answer.status == 500
    assert b"hunter2" not in answer.body
    assert bench.finished.error_code == "INTERNAL_ERROR"
    (record,) = caplog.records
    assert "0af7651916cd43dd8448eb211c80319c" in record.getMessage()
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


async def test_a_renderer_that_fails_leaks_nothing_either() -> None:
    class Broken(HandlerFront):
        def render_error(
            self,
            error: WeirError,
            context: RequestContext,
        ) -> ClientResponse:
            raise ZeroDivisionError(error, context)

    bench = Bench()
    bench.generation.front = Broken(hang)

    answer = await Client().run(
        bench.edge, http_scope(headers=[(b"host", b"a"), (b"host", b"b")])
    )

    assert answer.status == 500
    assert b"ZeroDivision" not in answer.body


async def test_a_client_that_leaves_ends_its_work() -> None:
    bench = Bench(hang)
    client = Client()
    exchange = asyncio.create_task(client.run(bench.edge, http_scope()))
    await asyncio.sleep(0.01)
    client.leave()

    answer = await asyncio.wait_for(exchange, 1)

    assert answer.messages == []
    assert bench.finished.status == 499
    assert bench.finished.error_code == "CLIENT_CLOSED_REQUEST"


async def test_a_client_that_leaves_within_its_body_is_not_answered() -> None:
    bench = Bench()
    client = Client([])
    client.leave()
    scope = http_scope(method="POST", headers=[(b"content-length", b"5")])

    answer = await client.run(bench.edge, scope)

    assert answer.messages == []
    assert bench.finished.status == 499
    assert bench.requests == []


async def test_what_the_server_has_refused_is_told_as_it_was_answered() -> None:
    bench = Bench()
    client = Client([])
    client.leave()
    scope = http_scope(method="POST", headers=[(b"content-length", b"5")])
    scope[REFUSED] = RequestTimeout

    await client.run(bench.edge, scope)

    assert bench.finished.status == 408
    assert bench.finished.error_code == "REQUEST_TIMEOUT"


async def test_a_request_ends_at_its_deadline() -> None:
    bench = Bench(hang, EdgeOptions(timeout_s=0.05))

    answer = await asyncio.wait_for(Client().run(bench.edge, http_scope()), 1)

    assert answer.status == 504
    assert bench.finished.error_code == "DEADLINE_EXCEEDED"


async def test_a_cancellation_from_elsewhere_passes_through() -> None:
    bench = Bench(hang)
    exchange = asyncio.create_task(Client().run(bench.edge, http_scope()))
    await asyncio.sleep(0.05)
    exchange.cancel()

    with pytest.raises(asyncio.CancelledError):
        await exchange

    assert bench.generation.inside == 0


async def test_a_request_stays_within_the_generation_it_began_in() -> None:
    old, new = OneFront(HandlerFront(hang), id="old"), OneFront(HandlerFront(hang))
    current = [old]
    edge = Edge(lambda: current[0], EdgeOptions(), sink=RecordingSink())
    client = Client()
    exchange = asyncio.create_task(client.run(edge, http_scope()))
    await asyncio.sleep(0)
    current[0] = new
    assert (old.inside, new.entered) == (1, 0)

    client.leave()
    await exchange

    assert (old.inside, new.entered) == (0, 0)


async def test_no_body_means_no_length() -> None:
    bench = Bench(lambda *_: ClientResponse(status=304, headers=(), body=b""))

    answer = await Client().run(bench.edge, http_scope())

    assert answer.header(b"content-length") is None


async def test_other_protocols_are_left_to_the_server() -> None:
    with pytest.raises(UnsupportedScope):
        await Client().run(Bench().edge, {"type": "websocket"})


async def test_a_path_that_nobody_serves_is_a_problem() -> None:
    bench = Bench()
    bench.generation.front = RefusingEndpoint(not_found, ProblemRenderer())

    answer = await Client().run(bench.edge, http_scope("/nowhere"))

    assert answer.status == 404
    assert answer.header(b"content-type") == b"application/problem+json"


async def test_health_is_served() -> None:
    bench = Bench()
    bench.generation.front = HealthEndpoint()

    answer = await Client().run(bench.edge, http_scope("/health"))

    assert (answer.status, answer.body) == (200, b'{"status":"ok"}')


async def test_a_path_is_given_as_it_was_sent() -> None:
    bench = Bench()
    scope = http_scope("/web/a/b")
    scope["raw_path"] = b"/web/a%2Fb"

    await Client().run(bench.edge, scope)

    assert bench.requests[0].path == "/web/a%2Fb"


@pytest.mark.parametrize("policy", [None, CompressionPolicy(min_bytes=10)])
async def test_answers_are_compressed_where_the_policy_says_so(
    policy: CompressionPolicy | None,
) -> None:
    body = b"x" * 1000
    bench = Bench(lambda *_: text(body), EdgeOptions(compression=policy))
    scope = http_scope(headers=[(b"accept-encoding", b"gzip")])

    answer = await Client().run(bench.edge, scope)

    coded = answer.header(b"content-encoding") == b"gzip"
    assert coded is (policy is not None)
    assert answer.header(b"content-length") == b"%d" % len(answer.body)
    assert bench.finished.bytes_out == len(answer.body)
