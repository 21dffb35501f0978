"""Exceptions of resolvers in Sentry, and a Sentry that is dead."""

import asyncio
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.support.conditions import until
from tests.support.gateway import running_gateway
from tests.support.ports import free_port
from tests.support.sentry_receiver import sentry_receiver

CONFIG = """
server: {{port: "${{WEIR_PORT}}", control: "${{WEIR_CONTROL}}", drain_delay: 0s{more}}}
telemetry: {{sentry: {{dsn: "{dsn}"}}}}
subgraphs: {{books: {{python: "books:schema"}}}}
facades: {{web: {{path: ""}}}}
"""
BOOKS = """\
import strawberry
from strawberry.federation import Schema


@strawberry.type
class Query:
    @strawberry.field
    def title(self, n: int = 0) -> str | None:
        if n:
            card = f"card {n}"
            raise ZeroDivisionError("no title")
        return "Emma"


schema = Schema(query=Query)
"""


def configured(folder: Path, dsn: str, more: str = "") -> Path:
    (folder / "books.py").write_text(BOOKS)
    (folder / "weir.yaml").write_text(CONFIG.format(dsn=dsn, more=more))
    return folder / "weir.yaml"


async def fail(gateway: str, times: int = 1) -> httpx.Response:
    async with httpx.AsyncClient(base_url=gateway, timeout=60) as client:
        query = {"query": "{ title(n: 4711) }"}
        responses = [await client.post("/graphql", json=query) for _ in range(times)]
    assert {each.status_code for each in responses} == {200}
    return responses[-1]


@pytest.mark.parametrize("more", ["", ", workers: 2"])
async def test_an_exception_of_a_resolver_is_an_event(
    tmp_path: Path, more: str
) -> None:
    async with sentry_receiver() as receiver:
        file = configured(tmp_path, receiver.dsn, more)
        async with (
            running_gateway(file) as gateway,
            httpx.AsyncClient(base_url=gateway.control) as control,
        ):
            response = await fail(gateway.url)
            await until(lambda: bool(receiver.events))
            log = await gateway.logged("log")
            metrics = (await control.get("/metrics")).text

    (event,) = receiver.events
    assert response.headers["x-request-id"] in event["logentry"]["formatted"]
    assert event["exception"]["values"][-1]["value"] == "no title"
    assert event["contexts"]["trace"]["trace_id"] == log["trace_id"]
    assert event["release"].startswith("weir@")
    assert b"4711" not in receiver.received
    counted = 'gateway_reported_exceptions_total{outcome="reported"} 1.0'
    assert counted in metrics


@pytest.mark.parametrize("is_silent", [True, False])
async def test_a_dead_sentry_delays_nothing(tmp_path: Path, *, is_silent: bool) -> None:
    async with sentry_receiver(responds=False) as receiver:
        dead = f"http://key@127.0.0.1:{free_port()}/1"
        file = configured(tmp_path, receiver.dsn if is_silent else dead)
        async with running_gateway(file) as gateway:
            async with asyncio.timeout(60):
                await fail(gateway.url, times=50)
            started_s = time.monotonic()
            gateway.signal(signal.SIGTERM)
            assert await gateway.exit_code() == 0

    assert time.monotonic() - started_s < 30
