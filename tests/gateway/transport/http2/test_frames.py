"""What arrives by HTTP/2, cut anywhere, and broken anyhow."""

import asyncio
import random
import time
from itertools import chain

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from hyperframe.frame import DataFrame, GoAwayFrame, PingFrame

from weir.gateway.transport.errors import UpstreamError, UpstreamProtocolError
from weir.gateway.transport.http2.connection import Http2Connection
from weir.gateway.transport.http2.exchange import Reception
from weir.gateway.transport.http2.frames import FrameCutter, Goaway, read_goaway

PING = PingFrame(0, b"12345678").serialize()
DATA = DataFrame(1, b"x" * 100).serialize()
GOAWAY = GoAwayFrame(0, last_stream_id=7, error_code=2, additional_data=b"why")
HEAD = ((b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"a"))
REQUEST = (*HEAD, (b":path", b"/"))


def cut(data: bytes, size: int) -> list[bytes]:
    cutter = FrameCutter()
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return list(chain.from_iterable(cutter.feed(piece) for piece in pieces))


@pytest.mark.parametrize("size", [1, 3, 10, 1000])
def test_frames_are_given_back_whole_however_they_arrive(size: int) -> None:
    frames = [PING, DATA, GOAWAY.serialize(), DATA, PING]

    assert cut(b"".join(frames), size) == frames


@pytest.mark.parametrize(
    "data",
    [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x40\x01" + bytes(6)],
    ids=["HTTP/1.1", "a frame too large"],
)
def test_what_is_no_frame_is_an_error(data: bytes) -> None:
    with pytest.raises(UpstreamProtocolError, match="not HTTP/2"):
        cut(data, 1000)


def test_a_goaway_says_what_was_begun_and_why_it_comes() -> None:
    assert read_goaway(GOAWAY.serialize()) == Goaway(7, "error 2 why")

    with pytest.raises(UpstreamProtocolError, match="GOAWAY"):
        read_goaway(b"\x00\x00\x07\x07" + bytes(5 + 7))


def content(stream_id: int) -> bytes:
    """Return a body that does not turn into another's by a few bytes of damage."""
    return b"%d" % stream_id * 20


class Wire(asyncio.Transport):
    """Keeps what is written, and tells when it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        del name
        return default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


def recorded(requests: int) -> bytes:
    """Return what a good server sends in answer to so many requests."""
    server = H2Connection(H2Configuration(client_side=False))
    server.initiate_connection()
    client = H2Connection()
    client.initiate_connection()
    for number in range(requests):
        client.send_headers(number * 2 + 1, REQUEST, end_stream=True)
    for event in server.receive_data(client.data_to_send()):
        if isinstance(event, RequestReceived):
            lines = [(b":status", b"200"), (b"x-n", b"%d" % event.stream_id)]
            server.send_headers(event.stream_id, lines)
            server.send_data(event.stream_id, content(event.stream_id))
            server.end_stream(event.stream_id)
    return server.data_to_send()


def connected(requests: int) -> tuple[Http2Connection, list[asyncio.Task[bytes]]]:
    connection = Http2Connection(4096, lambda _: None)
    connection.connection_made(Wire())
    reception = Reception(1000, gathered=True, method="GET")

    async def answer() -> bytes:
        exchange = connection.begin(REQUEST, reception, end=True)
        try:
            await exchange.wait_until_complete()
            return exchange.gathered()
        finally:
            exchange.close()

    return connection, [asyncio.create_task(answer()) for _ in range(requests)]


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_answers_that_arrive_in_any_pieces_are_whole(size: int) -> None:
    connection, answers = connected(3)
    await asyncio.sleep(0)
    data = recorded(3)
    for at in range(0, len(data), size):
        connection.data_received(data[at : at + size])

    assert await asyncio.gather(*answers) == [content(1), content(3), content(5)]


async def test_an_end_at_any_byte_leaves_nobody_waiting() -> None:
    data = recorded(3)
    for end in range(len(data)):
        connection, answers = connected(3)
        await asyncio.sleep(0)
        connection.data_received(data[:end])
        connection.connection_lost(None)

        results = await asyncio.gather(*answers, return_exceptions=True)
        for number, result in enumerate(results):
            whole = result == content(number * 2 + 1)
            assert whole or isinstance(result, UpstreamError), (end, result)


async def test_no_damage_hangs_or_crashes_or_mixes_answers() -> None:
    chance = random.Random(7540)  # noqa: S311 - the same damage each time
    data = recorded(3)
    until_s = time.monotonic() + 1.5
    for _ in range(2000):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        connection, answers = connected(3)
        await asyncio.sleep(0)
        for at in range(0, len(broken), 11):
            connection.data_received(bytes(broken[at : at + 11]))
        connection.connection_lost(None)

        for number, result in enumerate(
            await asyncio.gather(*answers, return_exceptions=True)
        ):
            others = {content(n) for n in (1, 3, 5)} - {content(number * 2 + 1)}
            assert isinstance(result, UpstreamError | bytes), result
            assert result not in others
        if time.monotonic() > until_s:
            break
