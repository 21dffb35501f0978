"""Copies of requests for a second service, over sockets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.conditions import until
from tests.support.raw_service import (
    Behaviour,
    RawService,
    ok,
    raw_service,
    responding,
)
from tests.support.routed_gateway import RoutedGateway, routed_gateway
from tests.support.served_process import Connection
from weir.gateway.events import CopyFinished

LIMIT = 64
COOKIE = ok(b"shadow", b"set-cookie: shadow=1")


def outcomes(gateway: RoutedGateway) -> Counter[str]:
    events = gateway.sink.events
    return Counter(each.outcome for each in events if isinstance(each, CopyFinished))


@asynccontextmanager
async def mirrored(
    shadow: Behaviour, options: str = ""
) -> AsyncIterator[tuple[RoutedGateway, httpx.AsyncClient, RawService, RawService]]:
    async with (
        raw_service(responding(ok(b"live"))) as live,
        raw_service(shadow) as second,
    ):
        config = f"""
upstream_defaults: {{health: {{active: false}}, retry: {{attempts: 1}}}}
upstreams:
  live: {{instances: ["{live.url}"]}}
  next: {{instances: ["{second.url}"]}}
routes:
  r:
    path: /api/*
    timeout: 20s
    max_body: 8MiB
    proxy: {{upstream: live, path: /*, mirror: {{upstream: next, {options}}}}}
"""
        async with (
            routed_gateway(config) as gateway,
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{gateway.port}", timeout=60
            ) as client,
        ):
            yield gateway, client, live, second


async def silent(service: RawService, connection: Connection, head: bytes) -> None:
    """Never respond."""
    del service, connection, head
    await asyncio.Event().wait()


async def hanging_up(service: RawService, connection: Connection, head: bytes) -> None:
    del service, connection, head
    raise ConnectionAbortedError


async def chunks(size: int) -> AsyncIterator[bytes]:
    """Yield a body in two parts, so that it is not complete with its head."""
    yield bytes(size // 2)
    await asyncio.sleep(0.05)
    yield bytes(size - size // 2)


async def test_the_mirror_gets_what_the_service_gets_and_clients_do_not_see_it() -> (
    None
):
    async with mirrored(responding(COOKIE)) as (gateway, client, live, shadow):
        fields = {"authorization": "Bearer t", "x-weir-mirrored": "of-the-client"}
        response = await client.get("/api/a%2Fb?c=d", headers=fields)
        await until(lambda: outcomes(gateway) == {"ok": 1})

        assert (response.text, response.headers.get("set-cookie")) == ("live", None)
        assert live.request_line == shadow.request_line == "GET /a%2Fb?c=d HTTP/1.1"
        marked = {"x-weir-mirrored": "true"}
        own = {"host", "traceparent"}
        assert {k: v for k, v in shadow.fields().items() if k not in own} == {
            **{k: v for k, v in live.fields().items() if k not in own},
            **marked,
        }


@pytest.mark.parametrize(
    ("options", "method", "size", "copied"),
    [
        ("", "POST", 0, None),
        ("", "HEAD", 0, "ok"),
        ("writes: true", "POST", 10, "ok"),
        ("writes: true", "POST", 60_000, "ok"),
        ("writes: true", "POST", 70_000, "too_large"),
        ("writes: true, max_body: 1KiB", "PUT", 1025, "too_large"),
        ("share: 0%", "GET", 0, None),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
async def test_the_requests_that_are_copied(
    options: str, method: str, size: int, copied: str | None, *, streamed: bool
) -> None:
    async with mirrored(responding(ok(b"")), options) as (gateway, client, live, other):
        content = chunks(size) if streamed and size else bytes(size)
        response = await client.request(method, "/api/x", content=content)
        assert response.status_code == httpx.codes.OK
        expected = {copied: 1} if copied else {}
        await until(lambda: outcomes(gateway) == expected)

    assert live.bodies == [bytes(size)]
    assert other.bodies == ([bytes(size)] if copied == "ok" else [])


@pytest.mark.parametrize(
    ("shadow", "code"), [(hanging_up, "UPSTREAM_CONNECTION"), (silent, "")]
)
async def test_a_mirror_that_fails_changes_nothing_for_clients(
    shadow: Behaviour, code: str
) -> None:
    async with mirrored(shadow) as (gateway, client, live, _):
        async with asyncio.timeout(15):  # less than the time limit of a copy
            for _ in range(LIMIT + 6):
                assert (await client.get("/api/x")).text == "live"
        assert len(live.heads) == LIMIT + 6
        if code:
            await until(lambda: outcomes(gateway).total() == LIMIT + 6)
            assert not {"ok", "dropped"} & outcomes(gateway).keys()
        else:
            assert outcomes(gateway) == {"dropped": 6}


async def test_the_bodies_of_copies_in_flight_are_limited() -> None:
    async with mirrored(silent, "writes: true, max_body: 6MiB") as (
        gateway,
        client,
        live,
        _,
    ):
        for _ in range(4):
            await client.post("/api/x", content=bytes(5_000_000))
        await until(lambda: outcomes(gateway) == {"dropped": 1})

    assert len(live.bodies) == 4


async def test_a_share_of_the_requests_is_copied() -> None:
    async with mirrored(responding(ok(b"")), "share: 30%") as (gateway, client, _, __):
        for _ in range(100):
            await client.get("/api/x")
        await until(lambda: 5 < outcomes(gateway)["ok"] < 60)


async def test_a_handshake_of_websocket_is_not_copied() -> None:
    async with mirrored(responding(ok(b""))) as (_, client, live, shadow):
        fields = {"connection": "upgrade", "upgrade": "websocket"}
        await client.get("/api/x", headers=fields)

        assert len(live.heads) == 1
        assert shadow.heads == []
