"""Requests and responses on one connection; over real sockets."""

import asyncio

import orjson
import pytest

from tests.support.conditions import until
from tests.support.limited_server import GET, assert_refused
from tests.support.local_listener import (
    LocalListener,
)
from tests.support.served_process import Connection
from weir.gateway.events import RequestFinished

BAD_BYTES = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"nonsense\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\nx: y\n\n",
    b"GET /\xff HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET http:// HTTP/1.1\r\nhost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nhost: a\r\nx: \x00\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n"
    b"transfer-encoding: chunked\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
]


@pytest.mark.parametrize("data", BAD_BYTES)
async def test_bad_bytes_get_400_and_the_end(
    served: LocalListener, client: Connection, data: bytes
) -> None:
    await client.send(data)

    await assert_refused(client, 400, "BAD_REQUEST")
    assert served.refused == ["BAD_REQUEST"]


@pytest.mark.parametrize("data", BAD_BYTES)
async def test_bad_bytes_one_at_a_time_end_the_same(
    client: Connection, data: bytes
) -> None:
    for index in range(len(data)):
        client.writer.write(data[index : index + 1])
        await asyncio.sleep(0.001)

    await assert_refused(client, 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"FOO / HTTP/1.1\r\nhost: a\r\n\r\n", 501, "METHOD_NOT_IMPLEMENTED"),
        (b"SUBSCRIBE / HTTP/1.1\r\nhost: a\r\n\r\n", 501, "METHOD_NOT_IMPLEMENTED"),
        (b"CONNECT a:443 HTTP/1.1\r\nhost: a\r\n\r\n", 501, "METHOD_NOT_IMPLEMENTED"),
        (b"x" * 40, 501, "METHOD_NOT_IMPLEMENTED"),
        (
            b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
            501,
            "CODING_NOT_IMPLEMENTED",
        ),
        (b"GET / HTTP/9.9\r\nhost: a\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED"),
        (b"GET / HTTP/0.9\r\nhost: a\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED"),
        (b"GET /\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED"),
    ],
)
@pytest.mark.parametrize("at_once", [1, 1000])
async def test_what_is_http_and_not_implemented_gets_501_or_505(
    client: Connection, data: bytes, status: int, code: str, at_once: int
) -> None:
    for start in range(0, len(data), at_once):
        client.writer.write(data[start : start + at_once])
        await asyncio.sleep(0.001)

    await assert_refused(client, status, code)


async def test_a_target_beyond_ascii_gets_a_detail(client: Connection) -> None:
    await client.send("GET /é HTTP/1.1\r\nhost: a\r\n\r\n".encode())

    detail = orjson.loads((await client.reply()).body)["detail"]
    assert detail == (
        "The request target has a character that has to be percent-encoded."
    )


async def test_good_bytes_one_at_a_time_are_a_request(client: Connection) -> None:
    request = b"POST /?q HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello"
    for index in range(len(request)):
        client.writer.write(request[index : index + 1])
        await asyncio.sleep(0.001)

    assert (await client.reply()).body == b"hello"


async def test_a_large_answer_arrives_whole(client: Connection) -> None:
    assert len((await client.ask("/big?5000000")).body) == 5_000_000


async def test_requests_sent_ahead_are_answered_in_order(client: Connection) -> None:
    await client.send(
        b"GET /slow?0.05 HTTP/1.1\r\nhost: a\r\n\r\n"
        b"GET /?second HTTP/1.1\r\nhost: a\r\n\r\n"
    )

    assert [(await client.reply()).body for _ in range(2)] == [b"0.05", b"second"]


async def test_many_requests_ahead_are_all_answered(client: Connection) -> None:
    await client.send(GET * 5000)

    assert {(await client.reply()).status for _ in range(5000)} == {200}


async def test_a_client_that_sends_ahead_without_end_has_to_wait(
    served: LocalListener, client: Connection
) -> None:
    await client.send(b"GET /slow?60 HTTP/1.1\r\nhost: a\r\n\r\n")

    async def send_for_ever() -> None:
        while True:
            await client.send(GET * 1000)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(send_for_ever(), 1)
    assert served.listener.received_bytes < 1_000_000


async def test_bad_bytes_behind_a_request_do_not_cost_its_answer(
    client: Connection,
) -> None:
    await client.send(b"GET /slow?0.05 HTTP/1.1\r\nhost: a\r\n\r\nnonsense\r\n\r\n")

    reply = await client.reply()

    assert (reply.status, reply.body) == (200, b"0.05")
    await assert_refused(client, 400, "BAD_REQUEST")


async def test_a_broken_body_behind_a_request_does_not_either(
    client: Connection,
) -> None:
    await client.send(
        b"GET /slow?0.05 HTTP/1.1\r\nhost: a\r\n\r\n"
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
    )

    reply = await client.reply()

    assert (reply.status, reply.body) == (200, b"0.05")
    await assert_refused(client, 400, "BAD_REQUEST")


async def test_a_client_that_leaves_ends_all_it_asked_for(
    served: LocalListener,
) -> None:
    client = await served.connect()
    await client.send(b"GET /slow?60 HTTP/1.1\r\nhost: a\r\n\r\n" + GET)
    await until(lambda: served.listener.requests == 1)
    client.close()
    await until(lambda: served.listener.requests == 0)

    (event,) = served.sink.events
    assert isinstance(event, RequestFinished)
    assert event.status == 499


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket", b"TLS/1.0"])
async def test_an_upgrade_is_answered_as_if_not_asked_for(
    client: Connection, upgrade: bytes
) -> None:
    request = (
        b"GET /?q HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: "
        + upgrade
        + b"\r\n\r\n"
    )
    for _ in range(2):
        await client.send(request)
        reply = await client.reply()
        assert (reply.status, reply.body, reply.closes) == (200, b"q", False)


async def test_what_follows_an_upgrade_is_not_taken_for_http(
    client: Connection,
) -> None:
    await client.send(
        b"GET /?q HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"
        b"GET /?smuggled HTTP/1.1\r\nhost: a\r\n\r\n"
    )

    reply = await client.reply()

    assert (reply.body, reply.closes) == (b"q", True)
    assert await client.closed() == b""


async def test_header_values_come_without_white_space_around_them(
    client: Connection,
) -> None:
    await client.send(b"GET /head HTTP/1.1\r\nhost: \t a \t \r\nx:\r\n\r\n")

    assert orjson.loads((await client.reply()).body) == ["a", ""]


async def test_head_requests_get_the_head_alone(client: Connection) -> None:
    await client.send(b"HEAD /big?9 HTTP/1.1\r\nhost: a\r\n\r\n" + GET)

    head = await client.reader.readuntil(b"\r\n\r\n")

    assert b"content-length: 9" in head
    assert (await client.reply()).body == b"ok"


async def test_http_1_0_is_answered_and_closed(client: Connection) -> None:
    await client.send(b"GET / HTTP/1.0\r\n\r\n")

    reply = await client.reply()

    assert (reply.status, reply.closes) == (200, True)
    assert await client.closed() == b""


async def test_expect_continue_is_told_to_continue(client: Connection) -> None:
    await client.send(
        b"POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n"
        b"content-length: 2\r\n\r\n"
    )
    assert await client.reader.readuntil(b"\r\n\r\n") == (
        b"HTTP/1.1 100 Continue\r\n\r\n"
    )
    await client.send(b"hi")

    assert (await client.reply()).body == b"hi"


async def test_expect_continue_with_too_much_is_refused_at_once(
    client: Connection,
) -> None:
    await client.send(
        b"POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n"
        b"content-length: 200000\r\n\r\n"
    )

    reply = await client.reply()

    assert (reply.status, reply.closes) == (413, True)


async def test_every_answer_is_dated(client: Connection) -> None:
    assert (await client.ask()).headers["date"].endswith(" gmt")


async def test_requests_sent_ahead_of_a_drain_are_all_answered(
    served: LocalListener, client: Connection
) -> None:
    await client.send(b"GET /slow?0.05 HTTP/1.1\r\nhost: a\r\n\r\n" + GET)
    await until(lambda: served.listener.requests > 0)
    served.listener.drain()

    replies = [await client.reply() for _ in range(2)]

    assert [reply.closes for reply in replies] == [False, True]


async def test_what_was_accepted_as_the_listener_closed_is_answered(
    served: LocalListener, client: Connection
) -> None:
    closing = asyncio.create_task(served.listener.close(30))
    await asyncio.sleep(0.1)

    reply = await client.ask()

    assert (reply.status, reply.closes) == (200, True)
    await closing
    assert not served.listener.cut_off
