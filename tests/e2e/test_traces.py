"""The traces that a collector receives of a gateway, and what services see of them."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support.demo import ROOT
from tests.support.gateway import Gateway, running_gateway
from tests.support.otlp_receiver import (
    CLIENT,
    SERVER,
    Collector,
    ReceivedSpan,
    collector,
    tree,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLIENT_SPAN = "b7ad6b7169203331"

CONFIG = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", drain_delay: 0s}
telemetry:
  traces: {sample: 0%, errors: "${TRACED_ERRORS}", b3: single}
upstreams:
  books: {instances: ["${BOOKS}"], retry: {attempts: 1}, health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
  readers: {python: "readers:schema"}
facades: {web: {path: ""}}
"""
BOOKS = "type Query { book: String, broken: String }"
PAGE = (ROOT / "docs" / "guides" / "tracing.md").read_text()
(READERS,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
(SHOWN,) = re.findall(r"```\n(POST /graphql.*?)```", PAGE, re.DOTALL)


@dataclass
class Service:
    """A service that records the heads of its requests."""

    url: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
                fields = {name.lower(): value for name, _, value in lines}
                query = await reader.readexactly(int(fields["content-length"]))
                self.seen.append(fields)
                body = b'{"data":{"book":"Dune"}}'
                if b"broken" in query:
                    body = b'{"data":{"broken":null},"errors":[{"message":"no"}]}'
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
                writer.write(b"content-length: %d\r\n\r\n" % len(body) + body)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@dataclass
class Traced:
    gateway: Gateway
    service: Service
    collector: Collector
    http: httpx.AsyncClient

    async def query(
        self, query: str, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        url = f"{self.gateway.url}/graphql"
        return await self.http.post(url, json={"query": query}, headers=headers)

    async def spans(self, headers: Mapping[str, str]) -> list[ReceivedSpan]:
        """Wait for the trace of a request with these headers.

        Its spans are those without queues, which a busy machine adds.
        """
        trace_id = headers["traceparent"].split("-")[1]
        spans = await self.collector.trace(trace_id)
        return [span for span in spans if span.name != "queue"]


@asynccontextmanager
async def traced(
    tmp_path: Path,
    *,
    errors: str = "sampled",
    endpoint: str | None = None,
    delay_ms: int = 20,
) -> AsyncIterator[Traced]:
    service = Service()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    (tmp_path / "weir.yaml").write_text(CONFIG)
    (tmp_path / "books.graphql").write_text(BOOKS)
    (tmp_path / "readers.py").write_text(READERS)
    async with collector() as receiver, httpx.AsyncClient() as http:
        variables = {
            "BOOKS": service.url,
            "TRACED_ERRORS": errors,
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint or receiver.url,
            "OTEL_BSP_SCHEDULE_DELAY": str(delay_ms),
            "OTEL_SERVICE_NAME": "bff",
        }
        async with running_gateway(tmp_path / "weir.yaml", variables) as gateway:
            yield Traced(gateway, service, receiver, http)
    server.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Traced]:
    async with traced(tmp_path_factory.mktemp("traced"), errors="always") as running:
        yield running


def sampled(number: int) -> dict[str, str]:
    return {"traceparent": f"00-{number:032x}-{CLIENT_SPAN}-01"}


def unsampled(number: int) -> dict[str, str]:
    return {"traceparent": f"00-{number:032x}-{CLIENT_SPAN}-00"}


def request_in(spans: list[ReceivedSpan]) -> ReceivedSpan:
    (found,) = [span for span in spans if span.kind == SERVER]
    return found


def attempt_in(spans: list[ReceivedSpan]) -> ReceivedSpan:
    (found,) = [span for span in spans if span.kind == CLIENT]
    return found


def shown() -> dict[str, Any]:
    """Return the tree of the page, whose first column has the names."""
    nested: list[dict[str, Any]] = [{}]
    for line in SHOWN.splitlines():
        name = re.split(r"  +(?:server|client|internal)", line)[0]
        depth = (len(name) - len(name.lstrip())) // 2
        del nested[depth + 1 :]
        nested.append(nested[depth].setdefault(name.strip(), {}))
    return nested[0]


async def test_a_sampled_request_is_the_tree_of_the_page(stage: Traced) -> None:
    headers = {**sampled(1), "tracestate": "a=1", "baggage": "user=7"}
    response = await stage.query("{ book reader }", headers)
    spans = await stage.spans(headers)

    assert response.json() == {"data": {"book": "Dune", "reader": "Ada"}}
    assert tree(spans, CLIENT_SPAN) == shown()
    request, attempt = request_in(spans), attempt_in(spans)
    assert not request.failed
    assert request.resource["service.name"] == "bff"
    assert request.scope == "weir"
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["http.route"] == "/graphql"
    assert attempt.attributes["url.full"] == f"{stage.service.url}/graphql"
    assert attempt.attributes["service.peer.name"] == "books"
    assert request.started_ns <= attempt.started_ns
    assert attempt.started_ns < attempt.ended_ns <= request.ended_ns
    seen = stage.service.seen[-1]
    assert seen["traceparent"] == f"00-{1:032x}-{attempt.span_id}-01"
    assert (seen["tracestate"], seen["baggage"]) == ("a=1", "user=7")


async def test_a_client_with_b3_has_its_trace_continued(stage: Traced) -> None:
    trace_id = f"{77:032x}"
    await stage.query("{ book }", {"b3": f"{trace_id}-{CLIENT_SPAN}-1"})
    spans = await stage.collector.trace(trace_id)

    attempt = attempt_in(spans)
    assert request_in(spans).parent_id == CLIENT_SPAN
    seen = stage.service.seen[-1]
    assert seen["b3"] == f"{trace_id}-{attempt.span_id}-1"
    assert seen["traceparent"] == f"00-{trace_id}-{attempt.span_id}-01"


async def test_a_200_with_errors_is_a_failed_span(stage: Traced) -> None:
    response = await stage.query("{ broken }", sampled(2))
    spans = await stage.spans(sampled(2))

    assert response.status_code == httpx.codes.OK
    request = request_in(spans)
    assert request.failed
    assert request.attributes["error.type"] == request.message != ""
    assert request.attributes["weir.failed_services"] == ["books"]
    (fetch,) = [span for span in spans if span.name == "fetch books"]
    assert fetch.failed
    assert not attempt_in(spans).failed


async def test_a_failed_request_is_exported_without_being_sampled(
    stage: Traced,
) -> None:
    await stage.query("{ book reader }", unsampled(3))
    # The first request prepares the operation, which is a span if it takes long.
    await stage.query("{ broken }", unsampled(5))
    await stage.query("{ broken }", unsampled(4))
    spans = await stage.spans(unsampled(4))

    assert stage.service.seen[-1]["traceparent"].endswith("-00")
    assert tree(spans, CLIENT_SPAN) == {
        "POST /graphql": {"fetch books": {"POST /graphql": {}}}
    }
    assert "not sampled" in request_in(spans).attributes["weir.incomplete"]
    assert not [span for span in stage.collector.spans if int(span.trace_id, 16) == 3]


async def test_the_end_of_the_process_sends_the_spans_of_sampled_requests(
    tmp_path: Path,
) -> None:
    async with traced(tmp_path, delay_ms=60_000) as stage:
        await stage.query("{ broken reader }", unsampled(1))
        await stage.query("{ broken reader }")
        await stage.query("{ book }", sampled(2))
        stage.gateway.signal(signal.SIGTERM)
        assert await stage.gateway.exit_code() == 0
        spans = await stage.spans(sampled(2))

    assert {span.trace_id for span in stage.collector.spans} == {f"{2:032x}"}
    assert len(spans) == 5


async def test_a_collector_that_is_down_delays_nothing(tmp_path: Path) -> None:
    async with traced(tmp_path, endpoint="http://127.0.0.1:9") as stage:
        for number in range(1, 21):
            response = await stage.query("{ book reader }", sampled(number))
            assert response.json()["data"]["book"] == "Dune"
        stage.gateway.signal(signal.SIGTERM)
        # Far less than the ten seconds for which the exporter tries again.
        assert await stage.gateway.exit_code(within_s=30) == 0
