"""The proxy over raw sockets: what a service gets, and what a client gets back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from tests.support.conditions import until
from tests.support.raw_service import (
    Behaviour,
    RawService,
    ok,
    raw_service,
    read_body,
    responding,
)
from tests.support.routed_gateway import RoutedGateway, routed_gateway
from tests.support.served_process import Connection
from weir.gateway.events import RequestFinished

CONFIG = """
server: {{max_body: 1KiB}}
upstreams:
  service:
    instances: ["{url}"]
    health: {{active: false}}
    timeout: {{attempt: 2s, total: 3s}}
    retry: {{attempts: 1}}
routes:
  plain: {{path: /*, proxy: service}}
  moved:
    path: /api/*
    proxy: {{upstream: service, path: /*}}
    max_body: 1GiB
  named:
    path: /named/*
    proxy: {{upstream: service, host: internal.example}}
  preserved:
    path: /preserved/*
    proxy: {{upstream: service, preserve_host: true}}
"""


@dataclass
class Proxied:
    """A gateway in front of a raw service."""

    gateway: RoutedGateway
    service: RawService

    async def exchange(self, request: bytes, within_s: float = 5) -> bytes:
        """Send a request and the end of the stream; return all that comes back."""
        connection = await self.gateway.connect()
        await connection.send(request)
        async with asyncio.timeout(within_s):
            return await connection.reader.read()


@asynccontextmanager
async def proxied(behaviour: Behaviour) -> AsyncIterator[Proxied]:
    async with (
        raw_service(behaviour) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
    ):
        yield Proxied(gateway, service)


def get(target: str, *fields: str, method: str = "GET") -> bytes:
    lines = (f"{method} {target} HTTP/1.1", "host: gateway.example", *fields)
    return "\r\n".join([*lines, "connection: close", "", ""]).encode()


def parts(response: bytes) -> tuple[str, list[bytes], bytes]:
    """Return the status line, the header lines and the rest of a response."""
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first.decode(), lines, body


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("/", "/"),
        ("/a%2Fb//c;x=1/%7Eé?q=%20+&&=".replace("é", "%C3%A9"), None),
        ("/api/a%2fb/?x=1?2", "/a%2fb/?x=1?2"),
        ("/api", "/"),
        ("/api?x", "/?x"),
        ("http://gateway.example/api/x", "/x"),
    ],
)
async def test_the_bytes_of_a_target_that_no_rule_touches_arrive_unchanged(
    target: str, sent: str | None
) -> None:
    async with proxied(responding(ok(b"hi"))) as proxy:
        status, _, body = parts(await proxy.exchange(get(target)))

        assert status == "HTTP/1.1 200 OK"
        assert body == b"hi"
        assert proxy.service.request_line == f"GET {sent or target} HTTP/1.1"


async def test_a_service_gets_the_fields_of_the_client_except_the_connection() -> None:
    async with proxied(responding(ok(b""))) as proxy:
        await proxy.exchange(
            get(
                "/api/x",
                "Accept: a",
                "accept: b",
                "Cookie: c=d",
                "authorization: Bearer t",
                "connection: x-hop, te",
                "x-hop: 1",
                "te: trailers",
                "keep-alive: 1",
                "proxy-authorization: x",
                "upgrade-insecure-requests: 1",
                "x-forwarded-for: 6.6.6.6",
                "X-Forwarded-Prefix: /evil",
                "x_forwarded_proto: https",
                "x-real-ip: 6.6.6.6",
                "forwarded: for=6.6.6.6",
                "via: 1.0 old",
            )
        )
        head = proxy.service.heads[-1]
        fields = proxy.service.fields()

        assert b"accept: a\r\naccept: b\r\n" in head
        for name, value in {
            "cookie": "c=d",
            "authorization": "Bearer t",
            "upgrade-insecure-requests": "1",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-proto": "http",
            "x-forwarded-host": "gateway.example",
            "x-forwarded-prefix": "/api",
            "via": "1.0 old, 1.1 weir",
            "host": proxy.service.url.removeprefix("http://"),
        }.items():
            assert fields[name] == value
        absent = {"connection", "x-hop", "te", "keep-alive", "proxy-authorization"}
        absent |= {"x_forwarded_proto", "x-real-ip", "forwarded", "transfer-encoding"}
        assert absent.isdisjoint(fields)


@pytest.mark.parametrize(
    ("target", "host"),
    [("/named/x", "internal.example"), ("/preserved/x", "gateway.example")],
)
async def test_the_host_that_a_service_sees_can_be_chosen(
    target: str, host: str
) -> None:
    async with proxied(responding(ok(b""))) as proxy:
        await proxy.exchange(get(target))

        assert proxy.service.fields()["host"] == host


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"]
)
async def test_every_method_goes_to_the_service(method: str) -> None:
    async with proxied(responding(ok(b""))) as proxy:
        status, _, _ = parts(await proxy.exchange(get("/x", method=method)))

        assert status == "HTTP/1.1 200 OK"
        assert proxy.service.request_line == f"{method} /x HTTP/1.1"


async def test_trace_goes_to_no_service_unless_it_is_named() -> None:
    async with proxied(responding(ok(b""))) as proxy:
        status, lines, _ = parts(await proxy.exchange(get("/x", method="TRACE")))

        assert status == "HTTP/1.1 405 Method Not Allowed"
        assert any(line.startswith(b"allow: DELETE, GET") for line in lines)
        assert not proxy.service.heads


@pytest.mark.parametrize(
    ("request_body", "framing"),
    [
        (b"content-length: 5\r\n\r\nhello", "content-length: 5"),
        (
            b"transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
            "content-length: 5",
        ),
        (b"content-length: 0\r\n\r\n", "content-length: 0"),
    ],
)
async def test_a_body_that_has_arrived_is_sent_whole(
    request_body: bytes, framing: str
) -> None:
    async with proxied(responding(ok(b"ok"))) as proxy:
        head = b"POST /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n"
        await proxy.exchange(head + request_body)

        name, _, value = framing.partition(": ")
        assert proxy.service.fields()[name] == value
        assert proxy.service.bodies == [b"hello" if int(value) else b""]


@pytest.mark.parametrize(
    "framing", ["content-length: 200000", "transfer-encoding: chunked"]
)
async def test_a_body_is_streamed_in_its_own_framing_while_it_arrives(
    framing: str,
) -> None:
    started = asyncio.Event()

    async def service(raw: RawService, connection: Connection, head: bytes) -> None:
        started.set()
        raw.bodies.append(await read_body(connection, head))
        await connection.send(ok(b"taken"))

    async with proxied(service) as proxy:
        client = await proxy.gateway.connect()
        head = (
            f"PUT /api/x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{framing}\r\n\r\n"
        )
        await client.send(head.encode())
        async with asyncio.timeout(30):
            await started.wait()
        assert framing in proxy.service.heads[-1].decode()
        if "chunked" in framing:
            for _ in range(20):
                await client.send(b"2710\r\n" + bytes(10_000) + b"\r\n")
            await client.send(b"0\r\n\r\n")
        else:
            await client.send(bytes(200_000))
        response = await client.closed()

        assert parts(response)[2] == b"taken"
        assert proxy.service.bodies == [bytes(200_000)]


@pytest.mark.parametrize(
    "framing", ["content-length: 2000", "transfer-encoding: chunked"]
)
async def test_a_body_above_the_limit_is_refused(framing: str) -> None:
    async with proxied(responding(ok(b""))) as proxy:
        body = (
            bytes(2000) if "length" in framing else b"7d0\r\n" + bytes(2000) + b"\r\n"
        )
        head = f"POST /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n{framing}\r\n\r\n"
        response = await proxy.exchange(head.encode() + body)

        assert parts(response)[0] == "HTTP/1.1 413 Request Entity Too Large"
        assert b'"code":"PAYLOAD_TOO_LARGE"' in response
        assert not proxy.service.bodies


async def test_a_client_that_waits_for_100_continue_gets_it() -> None:
    async with proxied(responding(ok(b"taken"))) as proxy:
        client = await proxy.gateway.connect()
        await client.send(
            b"PUT /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n"
            b"content-length: 5\r\nexpect: 100-continue\r\n\r\n"
        )
        async with asyncio.timeout(30):
            interim = await client.reader.readuntil(b"\r\n\r\n")
        await client.send(b"hello")
        response = await client.closed()

        assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert parts(response)[2] == b"taken"
        assert proxy.service.bodies == [b"hello"]
        assert "expect" not in proxy.service.fields()


async def test_an_early_response_ends_the_upload() -> None:
    async def service(raw: RawService, connection: Connection, head: bytes) -> None:
        del head
        await connection.send(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno")
        await connection.reader.read(1)
        raw.gone.set()

    async with proxied(service) as proxy:
        client = await proxy.gateway.connect()
        await client.send(
            b"PUT /api/x HTTP/1.1\r\nhost: h\r\ncontent-length: 9999\r\n\r\n"
        )
        response = await client.closed()

        status, lines, body = parts(response)
        assert (status, body) == ("HTTP/1.1 403 Forbidden", b"no")
        assert b"connection: close" in lines


@pytest.mark.parametrize(
    ("response", "framing", "body"),
    [
        (ok(b"hello"), b"content-length: 5", b"hello"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n0\r\n\r\n",
            b"transfer-encoding: chunked",
            b"5\r\nhello\r\n0\r\n\r\n",
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


@pytest.mark.parametrize(
    "target",
    [
        "/api/../x",
        "/api/%2e%2e/x",
        "/api/%252e%252e/x",
        "/api/..%2fx",
        "/api/..%5cx",
        "/api/..;/x",
        "/api/a%00",
        "/api//evil.example/x",
        "//evil.example/x",
    ],
)
async def test_a_path_that_may_escape_its_route_reaches_no_service(target: str) -> None:
    async with proxied(responding(ok(b""))) as proxy:
        response = await proxy.exchange(get(target))

        assert parts(response)[0] == "HTTP/1.1 400 Bad Request"
        assert b'"code":"BAD_REQUEST"' in response
        assert not proxy.service.heads


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


@pytest.mark.parametrize(
    ("method", "requests"), [("GET", 2), ("POST", 1), ("DELETE", 1), ("HEAD", 2)]
)
async def test_a_request_is_repeated_only_if_it_is_safe(
    method: str, requests: int
) -> None:
    async with proxied(responding(b"", closes=True)) as proxy:
        response = await proxy.exchange(get("/x", method=method))

        assert response.startswith(b"HTTP/1.1 502 ")
        assert len(proxy.service.heads) == requests


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
