"""Proxied responses from the cache of the upstream: what is shared, and what is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.conditions import until
from tests.support.raw_service import RawService, ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway
from tests.support.served_process import Connection

CONFIG = """
upstreams:
  shop: {{instances: ["{url}"], health: {{active: false}}, cache: {{}}}}
routes:
  shop:
    path: /shop/*
    proxy: {{upstream: shop, path: /*, cache: true{more}}}
"""
PUBLIC = b"cache-control: public, max-age=60"
SHARED = b"cache-control: max-age=60"


@asynccontextmanager
async def serving(
    *fields: bytes, more: str = ""
) -> AsyncIterator[tuple[httpx.AsyncClient, RawService]]:
    async with (
        raw_service(responding(ok(b"hi", *fields))) as service,
        routed_gateway(CONFIG.format(url=service.url, more=more)) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
    ):
        yield client, service


async def test_a_stored_response_needs_no_service() -> None:
    async with serving(PUBLIC, b'etag: "1"') as (client, service):
        first = await client.get("/shop/x?a=1")
        second = await client.get("/shop/x?a=1")

        assert (first.text, first.headers["x-cache"]) == ("hi", "MISS")
        assert (second.text, second.headers["x-cache"]) == ("hi", "HIT")
        assert second.headers["age"] == "0"
        assert len(service.heads) == 1
        assert service.request_line == "GET /x?a=1 HTTP/1.1"

        unchanged = {"if-none-match": '"1"'}
        known = await client.get("/shop/x?a=1", headers=unchanged)
        assert known.status_code == httpx.codes.NOT_MODIFIED
        await client.get("/shop/x?a=2")
        assert len(service.heads) == 2


@pytest.mark.parametrize(
    ("field", "sent", "same"),
    [
        (PUBLIC, {"x-tenant": "b"}, True),
        (PUBLIC, {"authorization": "Bearer b"}, True),
        (SHARED, {"x-tenant": "a"}, True),
        (SHARED, {"x-tenant": "b"}, False),
        (SHARED, {"x-tenant": "a", "x-correlation-id": "7"}, True),
        (SHARED, {"x-tenant": "a", "authorization": "Bearer b"}, False),
        (PUBLIC + b"\r\nvary: x-tenant", {"x-tenant": "b"}, False),
        (PUBLIC + b"\r\nset-cookie: a=b", {"x-tenant": "a"}, False),
        (b"cache-control: private, max-age=60", {"x-tenant": "a"}, False),
        (b"x-a: b", {"x-tenant": "a"}, False),
    ],
)
async def test_a_response_is_shared_if_it_may_be(
    field: bytes, sent: dict[str, str], *, same: bool
) -> None:
    async with serving(field) as (client, service):
        await client.get("/shop/x", headers={"x-tenant": "a"})
        await client.get("/shop/x", headers=sent)
        assert len(service.heads) == (1 if same else 2)


async def test_each_host_that_the_service_sees_has_its_own_responses() -> None:
    async with serving(PUBLIC, more=", preserve_host: true") as (client, service):
        for host in ("a.example", "b.example", "a.example"):
            await client.get("/shop/x", headers={"host": host})
        assert [service.fields(index)["host"] for index in (0, 1)] == [
            "a.example",
            "b.example",
        ]
        assert len(service.heads) == 2


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
async def test_other_reads_are_not_stored(method: str) -> None:
    async with serving(PUBLIC) as (client, service):
        for _ in range(2):
            await client.request(method, "/shop/x")
        assert len(service.heads) == 2


async def test_parts_are_streamed() -> None:
    async with serving(PUBLIC) as (client, service):
        for _ in range(2):
            response = await client.get("/shop/x", headers={"range": "bytes=0-1"})
            assert "x-cache" not in response.headers
        assert service.fields()["range"] == "bytes=0-1"


@pytest.mark.parametrize("content", [b"", b"body"])
async def test_a_write_makes_a_stored_response_outdated(content: bytes) -> None:
    async with serving(PUBLIC) as (client, service):
        await client.get("/shop/x")
        await client.put("/shop/x", content=content)
        assert (await client.get("/shop/x")).headers["x-cache"] == "MISS"
        assert len(service.heads) == 3


async def test_a_redirect_to_the_instance_is_not_stored() -> None:
    async def redirect(raw: RawService, connection: Connection, head: bytes) -> None:
        del head
        await connection.send(ok(b"", PUBLIC, b"location: %b/y" % raw.url.encode()))

    async with (
        raw_service(redirect) as service,
        routed_gateway(CONFIG.format(url=service.url, more="")) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
    ):
        for _ in range(2):
            response = await client.get("/shop/x")
            assert response.headers["location"] == "/shop/y"


@pytest.mark.parametrize(
    ("field", "calls"), [(PUBLIC, 1), (PUBLIC + b"\r\nset-cookie: a=b", 2)]
)
async def test_identical_requests_in_flight_are_one_call(
    field: bytes, calls: int
) -> None:
    going = asyncio.Event()

    async def waiting(raw: RawService, connection: Connection, head: bytes) -> None:
        del raw, head
        await going.wait()
        await connection.send(ok(b"hi", field))

    async with (
        raw_service(waiting) as service,
        routed_gateway(CONFIG.format(url=service.url, more="")) as gateway,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{gateway.port}") as client,
    ):
        gets = [asyncio.create_task(client.get("/shop/x")) for _ in range(2)]
        await until(lambda: gateway.pipeline.in_flight == 2)
        await until(lambda: len(service.heads) == 1)
        going.set()
        assert [(await each).text for each in gets] == ["hi", "hi"]
        assert len(service.heads) == calls
