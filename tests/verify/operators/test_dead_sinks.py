"""A gateway whose telemetry goes nowhere is as fast as one whose telemetry arrives.

Both have the same configuration: a log, an audit log, traces, metrics and log lines for
a collector, and exceptions for Sentry. One of them has a reader of its log that has
stopped, or a full disk, a full disk of the audit log, and a collector and a Sentry that
accept connections and never respond. Both get the same requests in turn.
"""

import asyncio
import json
import os
import re
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import httpx
import pytest

from tests.support.gateway import WEIR, Gateway, running_gateway
from tests.support.otlp_receiver import collector
from tests.support.sentry_receiver import sentry_receiver
from weir.gateway.identity.api_keys.key import key_digest, new_key

WARM_UP = 200
REQUESTS = 3000
"""Requests to each gateway; every tenth raises an exception."""
MOST = 1.5
"""The greatest ratio of two p99 on a machine that other work disturbs."""
CONFIG = """
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s}}
identity: {{api_keys: {{file: keys.json}}}}
audit: {{file: {audit}}}
telemetry:
  traces: {{endpoint: "{collector}", sample: 50%, errors: always}}
  metrics: {{endpoint: "{collector}", interval: 100ms}}
  logs: {{endpoint: "{collector}"}}
  sentry: {{dsn: "{sentry}"}}
subgraphs: {{books: {{python: "books:schema"}}}}
facades: {{web: {{path: "", access: authenticated}}}}
"""
BOOKS = """\
import strawberry
from strawberry.federation import Schema


@strawberry.type
class Query:
    @strawberry.field
    def title(self, fails: bool = False) -> str | None:
        if fails:
            raise ZeroDivisionError
        return "Emma"


schema = Schema(query=Query)
"""
KEY = new_key()
KEYS = {
    "keys": [
        {
            "id": "k",
            "sha256": key_digest(KEY).hex(),
            "owner": "tests",
            "created": "2026-11-29T00:00:00Z",
        }
    ]
}
NOWHERE = {"stopped reader": 'exec "$@" >"$LOG"', "full disk": 'exec "$@" >/dev/full'}
"""The commands of the shell that starts a gateway whose log goes nowhere."""


def prepare(folder: Path) -> None:
    folder.mkdir()
    (folder / "books.py").write_text(BOOKS)
    (folder / "keys.json").write_text(json.dumps(KEYS))
    os.mkfifo(folder / "log")


@asynccontextmanager
async def served(
    folder: Path, audit: str, url: str, dsn: str, command: Sequence[str] = WEIR
) -> AsyncIterator[Gateway]:
    config = folder / "weir.yaml"
    config.write_text(CONFIG.format(audit=audit, collector=url, sentry=dsn))
    # Without a reader, the gateway could not open it.
    reader = os.open(folder / "log", os.O_RDONLY | os.O_NONBLOCK)
    variables = {"LOG": str(folder / "log"), "PYTHONPATH": str(folder)}
    try:
        async with running_gateway(config, variables, command) as gateway:
            yield gateway
    finally:
        os.close(reader)


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """Accept connections, read and never respond; yields the URL."""

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.read(65536):
                pass
        finally:
            writer.close()

    server = await asyncio.start_server(read, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def latency_s(gateway: Gateway, client: httpx.AsyncClient, number: int) -> float:
    """Send one request, every tenth of which raises an exception; it succeeds."""
    is_bad = number % 10 == 0
    query = "{ title(fails: true) }" if is_bad else "{ title }"
    began_s = monotonic()
    response = await client.post(
        f"{gateway.url}/graphql", json={"query": query}, headers={"x-api-key": KEY}
    )
    took_s = monotonic() - began_s
    assert response.status_code == 200, response.text
    assert response.json()["data"] == {"title": None if is_bad else "Emma"}
    return took_s


def p99_ms(latencies_s: list[float]) -> float:
    return 1000 * sorted(latencies_s)[len(latencies_s) * 99 // 100]


@pytest.mark.parametrize("trouble", NOWHERE)
async def test_no_request_fails_or_waits(tmp_path: Path, trouble: str) -> None:
    for name in ("well", "bad"):
        prepare(tmp_path / name)
    command = ("sh", "-c", NOWHERE[trouble], "sh", *WEIR)
    latencies_s: dict[str, list[float]] = {"well": [], "bad": []}
    async with (
        collector() as received,
        sentry_receiver() as sentry,
        sentry_receiver(responds=False) as dead_sentry,
        silent() as dead_collector,
        served(tmp_path / "well", "audit.log", received.url, sentry.dsn) as well,
        served(
            tmp_path / "bad", "/dev/full", dead_collector, dead_sentry.dsn, command
        ) as bad,
        httpx.AsyncClient(timeout=60) as client,
    ):
        gateways = {"well": well, "bad": bad}
        for number in range(REQUESTS):
            # A slow moment of the machine affects both.
            for name, gateway in gateways.items():
                took_s = await latency_s(gateway, client, number)
                latencies_s[name].append(took_s)
        metrics = {
            name: (await client.get(f"{gateway.control}/metrics")).text
            for name, gateway in gateways.items()
        }
        for gateway in (well, bad):
            gateway.signal(signal.SIGTERM)
            assert await gateway.exit_code(60) == 0

    living_ms, dead_ms = (p99_ms(latencies_s[name][WARM_UP:]) for name in gateways)
    print(
        f"\n{trouble}: p99 {dead_ms:.1f} ms, with living telemetry {living_ms:.1f} ms"
    )
    assert f'status="200"}} {REQUESTS}.0' in metrics["bad"]
    dropped = r'gateway_log_lines_dropped_total\{log="audit"\} [1-9]'
    assert re.search(dropped, metrics["bad"])
    assert not re.search(dropped, metrics["well"])
    assert 'gateway_trace_spans_total{outcome="exported"} 0.0' in metrics["bad"]
    assert sentry.events
    assert received.spans
    assert dead_ms < MOST * living_ms
