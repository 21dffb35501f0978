"""How responses are framed, over real sockets."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable

import pytest

from tests.support.local_listener import handler_listener
from weir.gateway.edge.exchange import Exchange
from weir.gateway.edge.response import Response, no_trailers
from weir.gateway.errors import GatewayOverloaded
from weir.gateway.headers import Headers

TEXT: Headers = ((b"content-type", b"text/plain"),)
GET = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
KEPT = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


async def exchanged(handler: Callable[[Exchange], object], sent: bytes) -> bytes:
    """Return all that comes until the connection is closed, without the Date."""

    async def handle(exchange: Exchange) -> None:
        await handler(exchange)  # type: ignore[misc]

    async with handler_listener(handle) as served:
        client = await served.connect()
        await client.send(sent)
        received = await client.closed()
    lines = received.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"date: "))


async def response_to(sent: bytes, response: Response) -> bytes:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(response)

    return await exchanged(handle, sent)


async def parts(*data: bytes) -> AsyncGenerator[bytes]:
    for each in data:
        yield each


async def test_a_whole_body_has_a_length() -> None:
    response = Response(status=200, headers=TEXT, body=b"hello")

    assert await response_to(GET, response) == (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n"
        b"connection: close\r\n\r\nhello"
    )


@pytest.mark.parametrize("status", [204, 304])
async def test_some_statuses_have_neither_body_nor_length(status: int) -> None:
    received = await response_to(
        GET, Response(status=status, headers=TEXT, body=b"hello")
    )

    assert b"content-length" not in received
    assert received.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("headers", "body", "length"),
    [
        (TEXT, b"hello", b"5"),
        ((*TEXT, (b"content-length", b"70")), b"", b"70"),
        (TEXT, b"", b"0"),
    ],
)
async def test_the_response_to_head_has_the_length_of_that_to_get(
    headers: Headers, body: bytes, length: bytes
) -> None:
    received = await response_to(
        GET.replace(b"GET", b"HEAD"), Response(status=200, headers=headers, body=body)
    )

    assert b"content-length: " + length + b"\r\n" in received
    assert received.endswith(b"\r\n\r\n")


async def test_the_server_alone_frames() -> None:
    headers = (
        *((b"content-length", b"99"), (b"transfer-encoding", b"chunked")),
        *((b"connection", b"keep-alive"), (b"date", b"yesterday"), (b"x", b"y")),
    )
    received = await response_to(GET, Response(status=200, headers=headers, body=b"z"))

    assert received == (
        b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 1\r\nconnection: close\r\n\r\nz"
    )


async def test_a_stream_is_chunked_and_has_trailers() -> None:
    response = Response(
        status=200,
        headers=TEXT,
        body=parts(b"hello", b"", b"x" * 20),
        trailers=lambda: ((b"x-digest", b"1"),),
    )

    assert await response_to(GET, response) == (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
        b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        b"5\r\nhello\r\n14\r\n" + b"x" * 20 + b"\r\n0\r\nx-digest: 1\r\n\r\n"
    )


async def test_a_stream_of_known_length_is_not_chunked() -> None:
    headers = (*TEXT, (b"content-length", b"6"))
    received = await response_to(
        GET, Response(status=200, headers=headers, body=parts(b"abc", b"def"))
    )

    assert received.endswith(b"content-length: 6\r\nconnection: close\r\n\r\nabcdef")


async def test_a_stream_to_http_1_0_ends_with_the_connection() -> None:
    request = b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"
    received = await response_to(
        request, Response(status=200, headers=TEXT, body=parts(b"abc", b"def"))
    )

    assert received.endswith(b"connection: close\r\n\r\nabcdef")
    assert b"chunked" not in received


async def test_http_1_0_can_keep_a_connection() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.send(Response(status=200, headers=(), body=b""))

    kept = b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n"
    received = await exchanged(handle, kept + b"GET / HTTP/1.0\r\n\r\n")

    assert received.count(b"HTTP/1.1 200 OK") == 2
    assert received.index(b"keep-alive") < received.index(b"close")


async def test_an_unknown_status_has_a_line() -> None:
    received = await response_to(GET, Response(status=299, headers=(), body=b""))

    assert received.startswith(b"HTTP/1.1 299 \r\n")


@pytest.mark.parametrize(
    ("data", "sent"),
    [((b"abc",), b"abc"), ((b"abc", b"def", b"g"), b"abcdef"), ((b"abcdefg",), b"")],
)
async def test_a_stream_of_another_length_than_declared_is_cut_off(
    data: tuple[bytes, ...], sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    headers = (*TEXT, (b"content-length", b"6"))
    received = await response_to(
        KEPT, Response(status=200, headers=headers, body=parts(*data))
    )

    assert received.endswith(b"\r\n\r\n" + sent)
    assert "WrongLength" in caplog.text


async def broken() -> AsyncGenerator[bytes]:
    yield b"abc"
    raise RuntimeError


async def test_a_stream_that_fails_is_not_ended_as_if_it_were_complete(
    caplog: pytest.LogCaptureFixture,
) -> None:
    received = await response_to(
        KEPT, Response(status=200, headers=TEXT, body=broken())
    )

    assert received.endswith(b"3\r\nabc\r\n")
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize(
    "line", [(b"x", b"a\r\nset-cookie: b"), (b"x", b"\0"), (b"a\r\nb", b"c")]
)
async def test_a_field_that_would_end_its_line_is_not_sent(
    line: tuple[bytes, bytes], caplog: pytest.LogCaptureFixture
) -> None:
    received = await response_to(KEPT, Response(status=200, headers=(line,), body=b""))

    assert received.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in received
    assert "InvalidHeader" in caplog.text


async def test_a_bug_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(_: Exchange) -> None:
        raise RuntimeError("secret")  # noqa: EM101 - it is searched for

    received = await exchanged(handle, KEPT)

    assert received.startswith(b"HTTP/1.1 500 ")
    assert b"secret" not in received
    assert "secret" in caplog.text


async def test_a_handler_that_does_not_respond_is_a_bug(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handle(_: Exchange) -> None:
        pass

    assert (await exchanged(handle, KEPT)).startswith(b"HTTP/1.1 500 ")
    assert "without a response" in caplog.text


async def test_an_error_of_the_table_is_rendered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def handle(_: Exchange) -> None:
        raise GatewayOverloaded

    with caplog.at_level(logging.WARNING):
        received = await exchanged(handle, KEPT)

    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"GATEWAY_OVERLOADED" in received
    assert caplog.records == []


async def test_a_stream_is_closed_when_its_client_leaves() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.001)
        finally:
            closed.set()

    async def handle(exchange: Exchange) -> None:
        await exchange.send(Response(status=200, headers=(), body=endless()))

    async with handler_listener(handle) as served:
        client = await served.connect()
        await client.send(KEPT)
        await client.reader.readuntil(b"x")
        client.close()

        async with asyncio.timeout(30):
            await closed.wait()


async def test_a_stream_waits_for_a_slow_client() -> None:
    produced = 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal produced
        while True:
            produced += 1
            yield b"x" * 10_000

    async def handle(exchange: Exchange) -> None:
        await exchange.send(Response(status=200, headers=(), body=endless()))

    async with handler_listener(handle) as served:
        client = await served.connect()
        await client.send(KEPT)
        before = -1
        async with asyncio.timeout(30):
            while before != produced:
                before = produced
                await asyncio.sleep(0.2)

    # Buffers of the sockets, and of the client's reader.
    assert produced < 2000


async def test_a_stream_for_a_client_that_has_left_is_closed() -> None:
    left, closed = asyncio.Event(), asyncio.Event()

    class Stream:
        def __aiter__(self) -> AsyncGenerator[bytes]:
            raise AssertionError

        async def aclose(self) -> None:
            closed.set()

    async def handle(exchange: Exchange) -> None:
        exchange.on_disconnect(left.set)
        await left.wait()
        await exchange.send(Response(status=200, headers=(), body=Stream()))

    async with handler_listener(handle) as served:
        client = await served.connect()
        await client.send(KEPT)
        client.close()

        await asyncio.wait_for(closed.wait(), 30)


def test_trailers_are_empty_by_default() -> None:
    assert no_trailers() == ()
