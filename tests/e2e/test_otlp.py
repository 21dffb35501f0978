"""Metrics and the log of a gateway, sent to a collector that is there or is not."""

import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.support.conditions import until
from tests.support.gateway import running_gateway
from tests.support.otlp_receiver import collector
from tests.support.ports import free_port

CONFIG = """
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s{more}}}
telemetry:
  metrics: {{endpoint: "{url}", interval: 100ms}}
  logs: {{endpoint: "{url}"}}
subgraphs: {{books: {{python: "books:schema"}}}}
facades: {{web: {{path: ""}}}}
"""
BOOKS = """\
import strawberry
from strawberry.federation import Schema


@strawberry.type
class Query:
    @strawberry.field
    def title(self) -> str:
        return "Emma"


schema = Schema(query=Query)
"""
REQUESTS = 6


def configured(folder: Path, url: str, more: str = "") -> Path:
    (folder / "books.py").write_text(BOOKS)
    (folder / "weir.yaml").write_text(CONFIG.format(url=url, more=more))
    return folder / "weir.yaml"


async def query(url: str, times: int) -> str:
    """Send requests, each over a connection of its own; return the last one's id."""
    request_id = ""
    for _ in range(times):
        async with httpx.AsyncClient() as client:
            response = await client.post(f"{url}/graphql", json={"query": "{ title }"})
            assert response.json() == {"data": {"title": "Emma"}}
            request_id = response.headers["x-request-id"]
    return request_id


@pytest.mark.parametrize("more", ["", ", workers: 2"])
async def test_the_collector_gets_the_sum_of_all_processes_and_each_line(
    tmp_path: Path, more: str
) -> None:
    async with collector() as received:
        file = configured(tmp_path, received.url, more)
        async with running_gateway(file) as gateway:
            request_id = await query(gateway.url, REQUESTS)

            def counted() -> int:
                points = received.metrics.get("gateway_requests", [])
                return sum(each.as_int for each in points)

            await until(lambda: counted() == REQUESTS)
            await until(
                lambda: (
                    request_id in {each.get("request_id") for each in received.records}
                )
            )

    requests = [each for each in received.records if each["event"] == "request"]
    assert len(requests) == REQUESTS
    (line,) = [each for each in requests if each["request_id"] == request_id]
    assert (line["status"], line["severity"], line["service"]) == (200, "info", "weir")
    assert line["trace_id"]


async def test_a_collector_that_is_away_delays_nothing(tmp_path: Path) -> None:
    file = configured(tmp_path, f"http://127.0.0.1:{free_port()}")
    async with running_gateway(file) as gateway:
        await query(gateway.url, REQUESTS)
        async with httpx.AsyncClient() as client:
            metrics = (await client.get(f"{gateway.control}/metrics")).text
        started_s = time.monotonic()
        gateway.signal(signal.SIGTERM)
        assert await gateway.exit_code() == 0
        took_s = time.monotonic() - started_s

    assert 'gateway_exported_log_lines_total{outcome="exported"} 0.0' in metrics
    assert took_s < 30
