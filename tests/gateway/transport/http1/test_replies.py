"""What the client makes of the bytes of an answer, however they arrive."""

import time
from dataclasses import dataclass

import pytest

from tests.support.calls import upstream_request
from tests.support.scripted_server import Ending, Scripted, ScriptedServer
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
)
from weir.gateway.transport.http1.transport import Http1Transport

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass(frozen=True)
class Answered:
    name: str
    data: bytes
    status: int
    body: bytes
    reused: bool = True
    method: str = "GET"
    closes: bool = False


ANSWERS = (
    Answered("length", OK, 200, b"ok"),
    Answered("no body", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 200, b""),
    Answered(
        "chunks",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        b"2;a=b\r\nok\r\n3\r\nay!\r\n0\r\ntrailer: dropped\r\n\r\n",
        200,
        b"okay!",
    ),
    Answered(
        "early hints",
        b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        200,
        b"ok",
    ),
    Answered("204", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    Answered(
        "304 with a length", b"HTTP/1.1 304 X\r\ncontent-length: 9\r\n\r\n", 304, b""
    ),
    Answered(
        "HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", 200, b"", method="HEAD"
    ),
    Answered(
        "body until the end",
        b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
        200,
        b"until the end",
        reused=False,
        closes=True,
    ),
    Answered(
        "HTTP/1.0",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        200,
        b"ok",
        reused=False,
    ),
    Answered(
        "close",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        200,
        b"ok",
        reused=False,
    ),
    Answered(
        "upgrade advertised, not made",
        b"HTTP/1.1 200 OK\r\nupgrade: h2c\r\nconnection: upgrade\r\n"
        b"content-length: 2\r\n\r\nok",
        200,
        b"ok",
    ),
    Answered("an error", b"HTTP/1.1 503\r\ncontent-length: 2\r\n\r\nno", 503, b"no"),
)


@pytest.mark.parametrize("piece", [0, 1], ids=["whole", "bytewise"])
@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.name)
async def test_an_answer_is_read_and_the_connection_kept_where_it_may_be(
    case: Answered, piece: int, server: ScriptedServer, transport: Http1Transport
) -> None:
    then: Ending = "close" if case.closes else "stay"
    server.play(Scripted(case.data, then, piece), Scripted(OK))
    request = upstream_request(case.method)

    answer = await transport.call(request, (), request.deadline_s)
    again = await transport.call(upstream_request(), (), request.deadline_s)

    assert (answer.status, answer.body) == (case.status, case.body)
    assert answer.instance == server.url
    assert (again.status, again.body) == (200, b"ok")
    assert server.connections == (1 if case.reused else 2)


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.name)
async def test_a_reset_at_any_byte_is_never_taken_for_an_answer(
    case: Answered, server: ScriptedServer, transport: Http1Transport
) -> None:
    for cut in range(len(case.data)):
        server.play(Scripted(case.data[:cut], "reset"))
        request = upstream_request(case.method, safe=False)

        with pytest.raises(UpstreamConnectionLost):
            await transport.call(request, (), request.deadline_s)


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.name)
async def test_a_close_at_any_byte_is_an_answer_only_where_the_close_frames_it(
    case: Answered, server: ScriptedServer, transport: Http1Transport
) -> None:
    head = len(case.data) - len(case.body) if case.closes else len(case.data)
    for cut in range(head):
        server.play(Scripted(case.data[:cut], "close"))
        request = upstream_request(case.method, safe=False)

        with pytest.raises(UpstreamConnectionLost):
            await transport.call(request, (), request.deadline_s)


CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

REFUSED = {
    "not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", UpstreamProtocolError),
    "bare line feeds": (b"HTTP/1.1 200 OK\n\n", UpstreamProtocolError),
    "folded field": (b"HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n", UpstreamProtocolError),
    "two lengths": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        UpstreamProtocolError,
    ),
    "length and chunks": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
        UpstreamProtocolError,
    ),
    "bad chunk size": (CHUNKED + b"xyz\r\n", UpstreamProtocolError),
    "gzip as transfer coding": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        UpstreamProtocolError,
    ),
    "unchunked transfer coding": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nok",
        UpstreamProtocolError,
    ),
    "chunked twice": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n"
        b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        UpstreamProtocolError,
    ),
    "early hints with a body": (
        b"HTTP/1.1 103 X\r\ncontent-length: 3\r\n\r\nbad" + OK,
        UpstreamProtocolError,
    ),
    "status below 100": (
        b"HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n",
        UpstreamProtocolError,
    ),
    "switching protocols": (
        b"HTTP/1.1 101 X\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n",
        UpstreamProtocolError,
    ),
    "endless early hints": (
        b"HTTP/1.1 103 X\r\nlink: </a>\r\n\r\n" * 40,
        UpstreamProtocolError,
    ),
    "endless header": (
        b"HTTP/1.1 200 OK\r\na: " + b"b" * 2000 + b"\r\n\r\n",
        UpstreamProtocolError,
    ),
    "endless trailers": (
        CHUNKED + b"2\r\nok\r\n0\r\n" + b"a: b\r\n" * 100_000,
        UpstreamProtocolError,
    ),
    "body above the limit": (
        b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b"x" * 5000,
        UpstreamReplyTooLarge,
    ),
    "chunks above the limit": (
        CHUNKED + b"400\r\n" + b"x" * 1024 + b"\r\n400\r\n" + b"x" * 1024 + b"\r\n"
        b"800\r\n" + b"x" * 2048 + b"\r\n1\r\nx\r\n",
        UpstreamReplyTooLarge,
    ),
    "unknown coding": (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: zip\r\ncontent-length: 2\r\n\r\nok",
        UpstreamProtocolError,
    ),
}


@pytest.mark.parametrize("piece", [0, 7], ids=["whole", "piecewise"])
@pytest.mark.parametrize("name", REFUSED)
async def test_what_breaks_http_or_a_limit_is_refused_and_its_connection_closed(
    name: str, piece: int, server: ScriptedServer, transport: Http1Transport
) -> None:
    data, error = REFUSED[name]
    server.play(Scripted(data, piece=piece and len(data) // 97 + 1), Scripted(OK))
    request = upstream_request()

    with pytest.raises(UpstreamError) as raised:
        await transport.call(request, (), request.deadline_s)
    assert type(raised.value) is error
    assert raised.value.__cause__ is not raised.value

    again = await transport.call(request, (), request.deadline_s)
    assert (again.body, server.connections) == (b"ok", 2 if _desyncs(name) else 1)


def _desyncs(name: str) -> bool:
    """A bad coding is found only after the answer's framing was read in full."""
    return name != "unknown coding"


@pytest.mark.parametrize("extra", [OK, b"H", b"\x00"])
async def test_bytes_after_an_answer_are_never_the_next_answer(
    extra: bytes, server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(OK + extra), Scripted(OK.replace(b"ok", b"me")))
    request = upstream_request()

    first = await transport.call(request, (), request.deadline_s)
    second = await transport.call(request, (), request.deadline_s)

    assert (first.body, second.body) == (b"ok", b"me")
    assert server.connections == 2


async def test_the_reply_to_head_cannot_bring_a_body(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(OK), Scripted(OK.replace(b"ok", b"me")))
    request = upstream_request("HEAD")

    first = await transport.call(request, (), request.deadline_s)
    second = await transport.call(upstream_request(), (), request.deadline_s)

    assert (first.body, second.body) == (b"", b"me")
    assert server.connections == 2


async def test_field_names_are_lower_case_and_values_trimmed(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(b"HTTP/1.1 200 OK\r\nX-A:  b \r\nContent-Length: 0\r\n\r\n"))
    request = upstream_request()

    answer = await transport.call(request, (), request.deadline_s)

    assert answer.headers == ((b"x-a", b"b"), (b"content-length", b"0"))


async def test_reading_an_answer_byte_by_byte_takes_no_longer_than_its_deadline(
    server: ScriptedServer, transport: Http1Transport
) -> None:
    server.play(Scripted(OK[:-1], delay_s=0.0))
    started_s = time.monotonic()

    with pytest.raises(UpstreamError, match="no complete response"):
        await transport.call(upstream_request(), (), started_s + 0.1)
    assert time.monotonic() - started_s < 5
