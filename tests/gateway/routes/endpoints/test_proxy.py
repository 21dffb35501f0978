"""The proxy over raw sockets: what a service gets, and what a client gets back."""

import asyncio

import pytest

from tests.support.proxied import get, parts, proxied
from tests.support.raw_service import (
    RawService,
    ok,
    read_body,
    responding,
)
from tests.support.served_process import Connection


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
        "/\\evil.example/api/x",
    ],
)
async def test_a_path_that_may_escape_its_route_reaches_no_service(target: str) -> None:
    async with proxied(responding(ok(b""))) as proxy:
        response = await proxy.exchange(get(target))

        assert parts(response)[0] == "HTTP/1.1 400 Bad Request"
        assert b'"code":"BAD_REQUEST"' in response
        assert not proxy.service.heads


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
