"""The proxy over raw sockets: what a client gets of the response of a service."""

import asyncio

import pytest

from tests.support.conditions import until
from tests.support.proxied import get, parts, proxied
from tests.support.raw_service import (
    RawService,
    ok,
    responding,
)
from tests.support.served_process import Connection
from weir.gateway.events import RequestFinished


@pytest.mark.parametrize(
    ("response", "framing", "body"),
    [
        (ok(b"hello"), b"content-length: 5", b"hello"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n0\r\n\r\n",
            b"content-length: 5",
            b"hello",
        ),
        (
            b"HTTP/1.0 200 OK\r\n\r\nhello",
            b"transfer-encoding: chunked",
            b"5\r\nhello\r\n0\r\n\r\n",
        ),
        (
            b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + ok(b"hello"),
            b"content-length: 5",
            b"hello",
        ),
        (b"HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n", b"x-a: 1", b""),
        (
            b"HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 0-1/9\r\n"
            b"content-length: 2\r\n\r\nab",
            b"content-range: bytes 0-1/9",
            b"ab",
        ),
        (
            b"HTTP/1.1 299 Odd\r\ncontent-length: 0\r\n\r\n",
            b"content-length: 0",
            b"",
        ),
    ],
)
async def test_a_response_arrives_with_its_framing(
    response: bytes, framing: bytes, body: bytes
) -> None:
    async with proxied(responding(response, closes=True)) as proxy:
        status, lines, received = parts(
            await proxy.exchange(get("/x", "range: bytes=0-1"))
        )

        assert status.split()[1] == {b"103": "200"}.get(
            response[9:12], response[9:12].decode()
        )
        assert framing in lines
        assert received == body
        assert proxy.service.fields()["range"] == "bytes=0-1"


async def test_a_response_to_head_has_the_length_and_no_body() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\nx-a: 1\r\n\r\n"
    async with proxied(responding(head)) as proxy:
        status, lines, body = parts(await proxy.exchange(get("/x", method="HEAD")))

        assert status == "HTTP/1.1 200 OK"
        assert {b"content-length: 500", b"x-a: 1"} <= set(lines)
        assert body == b""


async def test_fields_of_the_connection_of_a_service_do_not_reach_the_client() -> None:
    fields = (
        b"connection: keep-alive, x-hop",
        b"x-hop: 1",
        b"keep-alive: timeout=5",
        b"proxy-authenticate: Basic",
        b"x-request-id: of-the-service",
        b"date: Thu, 01 Jan 1970 00:00:00 GMT",
        b"set-cookie: a=1",
        b"set-cookie: b=2",
        b"x-kept: 1",
    )
    async with proxied(responding(ok(b"", *fields))) as proxy:
        _, lines, _ = parts(await proxy.exchange(get("/x")))

    names = [line.partition(b":")[0] for line in lines]
    assert {b"x-hop", b"keep-alive", b"proxy-authenticate"}.isdisjoint(names)
    assert names.count(b"x-request-id") == names.count(b"date") == 1
    assert b"x-request-id: of-the-service" not in lines
    assert [line for line in lines if line.startswith(b"set-cookie")] == [
        b"set-cookie: a=1",
        b"set-cookie: b=2",
    ]
    assert b"x-kept: 1" in lines


@pytest.mark.parametrize(
    ("field", "returned"),
    [
        ("location: /users/8?x#y", "location: /api/users/8?x#y"),
        ("location: {url}/users/8", "location: /api/users/8"),
        ("location: {url}", "location: /api/"),
        ("location: //{host}/users", "location: /api/users"),
        ("location: https://other.example/users", None),
        ("location: {url}//evil.example", "location: /api//evil.example"),
        ("location: next?page=2", None),
        ("content-location: /users/8.json", "content-location: /api/users/8.json"),
        ("set-cookie: a=b; Path=/; Secure", "set-cookie: a=b; Path=/api/; Secure"),
        ("set-cookie: a=b; path=/users", "set-cookie: a=b; path=/api/users"),
        ("set-cookie: a=b; Path = /users", "set-cookie: a=b; Path = /api/users"),
        ("set-cookie: __Host-a=b; Path=/; Secure", None),
        ("set-cookie: a=b", None),
    ],
)
async def test_the_paths_of_a_service_are_rewritten_to_those_of_clients(
    field: str, returned: str | None
) -> None:
    async def service(raw: RawService, connection: Connection, head: bytes) -> None:
        del head
        host = raw.url.removeprefix("http://")
        line = field.format(url=raw.url, host=host).encode()
        await connection.send(ok(b"", line))

    async with proxied(service) as proxy:
        _, lines, _ = parts(await proxy.exchange(get("/api/x")))
        host = proxy.service.url.removeprefix("http://")
        expected = returned or field.format(url=proxy.service.url, host=host)
        assert expected.encode() in lines


async def test_a_service_that_closes_in_a_body_cuts_off_the_client() -> None:
    part = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"
    async with proxied(responding(part, closes=True)) as proxy:
        response = await proxy.exchange(get("/x"))

        assert parts(response)[2] == b"half"
        await until(lambda: len(proxy.gateway.sink.events) > 0)
        (event,) = proxy.gateway.sink.events
        assert isinstance(event, RequestFinished)
        assert (event.route, event.cut_off) == ("plain", True)
        assert event.error_code == "UPSTREAM_CONNECTION_LOST"


@pytest.mark.parametrize(
    ("response", "status", "code"),
    [
        (b"", 502, b"UPSTREAM_CONNECTION_LOST"),
        (b"HTTP/1.1 200", 502, b"UPSTREAM_CONNECTION_LOST"),
        (b"SSH-2.0-x\r\n\r\n", 502, b"UPSTREAM_PROTOCOL_ERROR"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            502,
            b"UPSTREAM_PROTOCOL_ERROR",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n"
            b"transfer-encoding: chunked\r\n\r\n",
            502,
            b"UPSTREAM_PROTOCOL_ERROR",
        ),
    ],
)
async def test_a_response_that_is_not_http_is_a_bad_gateway(
    response: bytes, status: int, code: bytes
) -> None:
    async with proxied(responding(response, closes=True)) as proxy:
        received = await proxy.exchange(get("/x", method="POST"))

        assert parts(received)[0].split()[1] == str(status)
        assert b'"code":"%b"' % code in received


async def test_a_client_that_leaves_ends_the_exchange_with_the_service() -> None:
    async def service(raw: RawService, connection: Connection, head: bytes) -> None:
        del raw, head
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\nhalf")
        while True:
            await connection.send(b"-")
            await asyncio.sleep(0.01)

    async with proxied(service) as proxy:
        client = await proxy.gateway.connect()
        await client.send(get("/x"))
        async with asyncio.timeout(30):
            await client.reader.readuntil(b"half")
            client.close()
            await proxy.service.gone.wait()


async def test_a_slow_client_slows_the_service_down() -> None:
    sent = 0

    async def service(raw: RawService, connection: Connection, head: bytes) -> None:
        nonlocal sent
        del raw, head
        await connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n")
        while True:
            await connection.send(bytes(65536))
            sent += 65536

    async with proxied(service) as proxy:
        client = await proxy.gateway.connect()
        await client.send(get("/x"))
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.2)

        assert sent < 32 * 1024 * 1024
        client.close()


async def test_a_client_of_http_1_0_gets_the_body_to_the_end_of_its_connection() -> (
    None
):
    chunked = (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    )
    async with proxied(responding(chunked)) as proxy:
        response = await proxy.exchange(b"GET /x HTTP/1.0\r\nhost: h\r\n\r\n")

        assert parts(response)[2] == b"hello"
        assert b"transfer-encoding" not in response
        assert proxy.service.request_line == "GET /x HTTP/1.1"


@pytest.mark.parametrize("arrives_at_once", [True, False])
async def test_trailers_follow_the_body_unless_they_are_no_trailers(
    *, arrives_at_once: bool
) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n"
        b"connection: x-hop\r\n\r\n"
    )
    rest = (
        b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nserver-timing: db\r\nset-cookie: a=b\r\n"
        b"content-encoding: br\r\ndate: today\r\nx-hop: 1\r\n\r\n"
    )

    async def service(raw: RawService, connection: Connection, request: bytes) -> None:
        del raw, request
        await connection.send(head + rest if arrives_at_once else head)
        if not arrives_at_once:
            await connection.send(rest)

    async with proxied(service) as proxy:
        response = await proxy.exchange(get("/x"))

        ended = b"5\r\nhello\r\n0\r\nx-sum: 1\r\nserver-timing: db\r\n\r\n"
        assert response.partition(b"\r\n\r\n")[2] == ended
        assert b"set-cookie" not in response


async def test_a_client_of_http_1_0_gets_no_trailers() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n"
    )
    async with proxied(responding(chunked)) as proxy:
        response = await proxy.exchange(b"GET /x HTTP/1.0\r\nhost: h\r\n\r\n")

        assert parts(response)[2] == b"hello"
