"""What a connection may cost in bytes, time and number; over real sockets."""

import asyncio
import time
from dataclasses import replace

import orjson
import pytest

from tests.support.conditions import until
from tests.support.limited_server import GET, HASTY, PATIENT, answer, assert_refused
from tests.support.local_listener import (
    LocalListener,
    handler_listener,
    local_listener,
)
from tests.support.served_process import Connection
from weir.gateway.edge.exchange import Exchange
from weir.gateway.edge.response import Response
from weir.gateway.events import RequestFinished


@pytest.mark.parametrize("pause_s", [0, 0.001])
@pytest.mark.parametrize("unfinished", [b"", b"x: " + b"y" * 100_000])
async def test_a_head_above_its_limit_is_refused(
    served: LocalListener, client: Connection, unfinished: bytes, pause_s: float
) -> None:
    head = b"GET / HTTP/1.1\r\nhost: a\r\n" + b"x: y\r\n" * 2000
    data = (b"GET / HTTP/1.1\r\n" + unfinished) if unfinished else head + b"\r\n"
    for start in range(0, len(data), 500):
        client.writer.write(data[start : start + 500])
        await asyncio.sleep(pause_s)

    await assert_refused(client, 431, "HEADERS_TOO_LARGE")
    assert served.refused == ["HEADERS_TOO_LARGE"]


@pytest.mark.parametrize(("size", "status"), [(1990, 200), (2000, 200), (2001, 431)])
async def test_the_limit_of_a_head_is_exact(
    client: Connection, size: int, status: int
) -> None:
    head = b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 3000
    await client.send(head[: size - 4] + b"\r\n\r\n")

    assert (await client.reply()).status == status


async def test_a_large_body_is_no_large_head(client: Connection) -> None:
    body = b"x" * 50_000
    for _ in range(3):
        assert (await client.ask(method="POST", body=body)).body == body


async def test_many_requests_in_one_read_are_no_large_head(client: Connection) -> None:
    # 3 x 900 bytes is above the limit of one head.
    request = b"GET / HTTP/1.1\r\nhost: a\r\nx: " + b"y" * 900 + b"\r\n\r\n"
    await client.send(request * 3)

    for _ in range(3):
        assert (await client.reply()).status == 200


@pytest.mark.parametrize(("length", "status"), [(900, 200), (1001, 414), (1900, 414)])
async def test_the_request_target_is_limited(
    client: Connection, length: int, status: int
) -> None:
    await client.send(b"GET /" + b"x" * (length - 1) + b" HTTP/1.1\r\nhost: a\r\n\r\n")

    assert (await client.reply()).status == status


async def test_a_slow_head_is_refused(hasty: LocalListener) -> None:
    client = await hasty.connect()
    begun = time.perf_counter()
    await client.send(b"GET / HTTP/1.1\r\n")

    await assert_refused(client, 408, "REQUEST_TIMEOUT")
    assert time.perf_counter() - begun > 0.15


async def test_a_head_that_trickles_in_gets_no_more_time(
    hasty: LocalListener,
) -> None:
    client = await hasty.connect()

    async def trickle() -> None:
        for index in range(1000):
            client.writer.write(GET[index % 10 : index % 10 + 1])
            await asyncio.sleep(0.02)

    trickling = asyncio.create_task(trickle())
    client.writer.write(b"GET / HTTP/1.1\r\nx: ")
    assert (await client.reply()).status == 408
    assert not trickling.done()
    trickling.cancel()


async def test_a_connection_that_says_nothing_is_closed(hasty: LocalListener) -> None:
    assert await (await hasty.connect()).closed() == b""


@pytest.mark.parametrize("asked_before", [False, True])
async def test_blank_lines_do_not_keep_a_connection(
    hasty: LocalListener,
    asked_before: bool,  # noqa: FBT001 - a column of the table
) -> None:
    client = await hasty.connect()
    if asked_before:
        await client.ask()
    await client.send(b"\r\n")

    await assert_refused(client, 408, "REQUEST_TIMEOUT")


async def test_an_idle_connection_is_closed_after_its_time(
    hasty: LocalListener,
) -> None:
    client = await hasty.connect()
    await client.ask()
    await client.ask()
    begun = time.perf_counter()

    assert await client.closed() == b""
    assert time.perf_counter() - begun > 0.25


@pytest.mark.parametrize("sent", [b"", b"abc"])
async def test_a_slow_body_is_refused_and_its_work_ends(
    hasty: LocalListener, sent: bytes
) -> None:
    client = await hasty.connect()
    head = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n"
    await client.send(head + sent)

    await assert_refused(client, 408, "REQUEST_TIMEOUT")
    (event,) = hasty.sink.events
    assert isinstance(event, RequestFinished)
    assert (event.status, event.error_code) == (408, "REQUEST_TIMEOUT")


async def test_a_slow_answer_is_no_slow_request(hasty: LocalListener) -> None:
    client = await hasty.connect()
    assert (await client.ask("/slow?0.5")).body == b"0.5"
    assert (await client.ask("/slow?0.5", "POST", b"abc")).body == b"abc"


async def test_a_refused_upload_still_reads_its_answer(served: LocalListener) -> None:
    client = await served.connect()
    body = b"x" * 3_000_000
    await client.send(
        b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3000000\r\n\r\n" + body
    )

    reply = await client.reply()

    assert (reply.status, reply.closes) == (413, True)
    assert await client.closed() == b""


async def test_an_endless_upload_is_cut_off(served: LocalListener) -> None:
    client = await served.connect()
    await client.send(
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    async def send_for_ever() -> None:
        while True:
            await client.send(chunk)
            await asyncio.sleep(0)

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(send_for_ever(), 30)


CHUNKED = b"POST /head HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"


async def test_a_trailer_is_not_a_header(client: Connection) -> None:
    await client.send(CHUNKED + b"1\r\nx\r\n0\r\nx-request-id: trailer\r\n\r\n")

    assert orjson.loads((await client.reply()).body) == ["a", "chunked"]


ENDLESS = [
    (b"1\r\nx\r\n0\r\n", b"x: " + b"y" * 96 + b"\r\n", 431),
    (b"1\r\nx\r\n0\r\nx: ", b"y" * 100, 431),
    (b"1;", b"x" * 100, 431),
    (b"", b"1\r\nx\r\n", 400),
    (b"", b"1;" + b"x" * 50 + b"\r\nx\r\n", 400),
]


@pytest.mark.parametrize(("begin", "repeated", "status"), ENDLESS)
@pytest.mark.parametrize("at_once", [1, 30])
async def test_what_surrounds_a_body_is_limited(
    client: Connection, begin: bytes, repeated: bytes, status: int, at_once: int
) -> None:
    await client.send(CHUNKED + begin)
    for _ in range(3000 // at_once):
        client.writer.write(repeated * at_once)
        await asyncio.sleep(0)

    assert (await client.reply()).status == status


async def test_small_chunks_are_a_body(client: Connection) -> None:
    chunks = b"8\r\nabcdefgh\r\n" * 1000
    await client.send(CHUNKED.replace(b"/head", b"/") + chunks + b"0\r\n\r\n")

    assert (await client.reply()).body == b"abcdefgh" * 1000


@pytest.mark.parametrize("closing", [b"", b"connection: close\r\n"])
async def test_a_client_that_stops_reading_is_cut_off(closing: bytes) -> None:
    async with local_listener(answer, replace(HASTY, idle_s=30)) as served:
        client = await served.connect()
        await client.send(
            b"GET /big?20000000 HTTP/1.1\r\nhost: a\r\n" + closing + b"\r\n"
        )
        await until(lambda: served.listener.requests == 1)

        await until(lambda: served.listener.connections == 0)
        await until(lambda: len(served.sink.events) == 1)
        (event,) = served.sink.events
        assert isinstance(event, RequestFinished)
        assert event.error_code == "CLIENT_CLOSED_REQUEST"


async def test_connections_above_the_limit_get_503() -> None:
    async with local_listener(answer, PATIENT) as served:
        held = [await served.connect() for _ in range(10)]
        assert (await held[-1].ask()).status == 200

        extra = await served.connect()
        await assert_refused(extra, 503, "TOO_MANY_CONNECTIONS")
        flood = [await served.connect() for _ in range(15)]
        for connection in flood:
            await connection.closed()
        assert served.listener.connections == 10
        held.pop().close()
        await until(lambda: served.listener.connections == 9)
        assert (await (await served.connect()).ask()).status == 200


async def test_a_handler_that_ignores_a_slow_body_does_not_keep_it() -> None:
    async def careless(exchange: Exchange) -> None:
        await exchange.send(Response(status=200, headers=(), body=b""))

    async with handler_listener(careless, HASTY) as served:
        client = await served.connect()
        await client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n")

        await client.closed(1)


async def test_one_address_can_not_take_all_connections() -> None:
    limits = replace(PATIENT, connections_per_address=2)
    async with local_listener(answer, limits) as served:
        kept = [await served.connect() for _ in range(2)]
        await assert_refused(await served.connect(), 503, "TOO_MANY_CONNECTIONS")
        assert (await kept[0].ask()).status == 200
        kept[0].close()
        await until(lambda: served.listener.connections == 1)

        assert (await (await served.connect()).ask()).status == 200
