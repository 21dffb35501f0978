"""Backends of several priorities, over sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.raw_service import (
    RawService,
    ok,
    raw_service,
    read_body,
    responding,
)
from tests.support.routed_gateway import routed_gateway
from tests.support.served_process import Connection

REFUSING = "http://127.0.0.1:9"


@asynccontextmanager
async def serving(
    main: str, limits: str = "{}"
) -> AsyncIterator[tuple[httpx.AsyncClient, RawService]]:
    async with raw_service(responding(ok(b"spare"))) as service:
        config = f"""
upstream_defaults: {{health: {{active: false}}, retry: {{attempts: 1}}}}
upstreams:
  main:
    instances: ["{main}"]
    timeout: {{attempt: 200ms, total: 200ms}}
    rate_limits: {limits}
  spare: {{instances: ["{service.url}"]}}
routes:
  r:
    path: /*
    max_body: 8MiB
    proxy:
      backends:
        main: {{upstream: main}}
        spare: {{upstream: spare, priority: 2}}
"""
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
        ):
            yield client, service


@pytest.mark.parametrize("size", [0, 10, 3_000_000])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_the_next_priority_gets_what_the_first_could_not_be_sent(
    method: str, size: int
) -> None:
    async with serving(REFUSING) as (client, spare):
        response = await client.request(method, "/x", content=bytes(size))

    assert response.text == "spare"
    assert spare.bodies == [bytes(size)]
    assert spare.fields()["x-weir-backend"] == "spare"


async def hanging_up(service: RawService, connection: Connection, head: bytes) -> None:
    service.bodies.append(await read_body(connection, head))
    raise ConnectionAbortedError


@pytest.mark.parametrize(
    ("method", "status", "reached"), [("GET", 200, 1), ("POST", 502, 0)]
)
async def test_a_request_that_may_have_been_processed_is_sent_again_if_it_is_safe(
    method: str, status: int, reached: int
) -> None:
    async with (
        raw_service(hanging_up) as main,
        serving(main.url) as (client, spare),
    ):
        response = await client.request(method, "/x", content=b"1")

    assert response.status_code == status
    assert len(spare.heads) == reached
    assert set(main.bodies) == {b"1"}


async def test_an_error_of_the_service_is_its_response() -> None:
    failed = b"HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n"
    async with (
        raw_service(responding(failed)) as main,
        serving(main.url) as (client, spare),
    ):
        response = await client.get("/x")

    assert response.status_code == httpx.codes.INTERNAL_SERVER_ERROR
    assert not spare.heads


async def test_a_client_beyond_the_limit_of_a_service_does_not_get_the_next() -> None:
    limits = '{each: {rate: "1 per 1h", key: address}}'
    async with (
        raw_service(responding(ok(b"main"))) as main,
        serving(main.url, limits) as (client, spare),
    ):
        responses = [await client.get("/x") for _ in range(3)]

    assert [each.status_code for each in responses] == [200, 429, 429]
    assert responses[1].json()["code"] == "UPSTREAM_RATE_LIMITED"
    assert int(responses[1].headers["retry-after"]) > 3000
    assert not spare.heads


async def test_an_upload_that_has_begun_is_not_sent_in_part() -> None:
    async def begins(service: RawService, connection: Connection, _: bytes) -> None:
        service.bodies.append(await connection.reader.readexactly(10))
        raise ConnectionAbortedError

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(100_000)
            await asyncio.sleep(0.01)

    async with (
        raw_service(begins) as main,
        serving(main.url) as (client, spare),
    ):
        response = await client.put("/x", content=parts())

    assert response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
    assert not spare.heads
