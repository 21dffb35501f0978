"""Bytes become messages alike, in whatever segments they arrive."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fake_clock import FakeClock
from tests.support.growth import LINEAR, Sizes, growth_exponent
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import BadRequest, HeadersTooLarge, WeirError
from weir.gateway.headers import Headers
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.messages.message_parser import MessageParser
from weir.gateway.server.messages.request_head import Source

HEAD = b"POST /a?b HTTP/1.1\r\nhost: a\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


class Framing(NamedTuple):
    """What came with a head."""

    length: int | None
    keep_alive: bool
    upgrade: bool


@dataclass
class Messages:
    """What a connection has received."""

    heads: list[RequestHead] = field(default_factory=list)
    framings: list[Framing] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    trailers: list[Headers] = field(default_factory=list)

    def head_received(
        self, head: RequestHead, length: int | None, *, keep_alive: bool, upgrade: bool
    ) -> "Messages":
        self.heads.append(head)
        self.framings.append(Framing(length, keep_alive, upgrade))
        self.bodies.append(b"")
        return self

    def feed(self, data: bytes) -> None:
        assert data
        self.bodies[-1] += data

    def finish(self, trailers: Headers) -> None:
        self.trailers.append(trailers)


def parsed(
    data: bytes, segments: int = 1_000_000, limits: ConnectionLimits | None = None
) -> Messages:
    messages = Messages()
    parser = MessageParser(
        limits or ConnectionLimits(), FakeClock(), Source("http", "192.0.2.1"), messages
    )
    for segment in cut(data, segments):
        start = 0
        while start < len(segment):
            start = parser.feed(segment, start)
    parser.close()
    return messages


def test_a_forwarded_certificate_is_not_one_of_the_fields() -> None:
    name = b"X-Forwarded-Client-Cert"
    lines = b"%s: Cert=a\r\nx-a: b\r\n%s: Cert=b\r\n" % (name, name.lower())

    (head,) = parsed(b"GET / HTTP/1.1\r\nhost: a\r\n%s\r\n" % lines).heads

    assert head.forwarded_certificate == b"Cert=a, Cert=b"
    assert head.lines == ((b"host", b"a"), (b"x-a", b"b"))
    assert dict(head.headers) == dict(head.lines)


def test_a_target_in_single_bytes_takes_time_in_proportion_to_its_length() -> None:
    limits = ConnectionLimits(target_bytes=100_000, head_bytes=100_000)

    exponent = growth_exponent(
        lambda head: parsed(head, 1, limits),
        lambda size: b"GET /" + b"x" * size,
        Sizes(smallest=512, doublings=4, runs=1),
    )

    assert exponent <= LINEAR


def cut(data: bytes, segments: int) -> Iterator[bytes]:
    for start in range(0, len(data), segments):
        yield data[start : start + segments]


MESSAGES = (
    b"GET /first HTTP/1.1\r\nhost: a\r\n\r\n",
    HEAD + b"content-length: 5\r\n\r\nhello",
    CHUNKED + b"5\r\nhel\r\n\r\n1\r\nx\r\n0\r\nx-trailer: 1\r\n\r\n",
    HEAD + b"content-length: 0\r\n\r\n",
    HEAD + b"connection: upgrade\r\nupgrade: x\r\ncontent-length: 3\r\n\r\nabc",
    HEAD + b"connection: upgrade\r\nupgrade: x\r\ntransfer-encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\n0\r\n\r\n",
)


@given(
    order=st.lists(st.sampled_from(MESSAGES), max_size=6), segments=st.integers(1, 90)
)
def test_segments_do_not_matter(order: list[bytes], segments: int) -> None:
    messages = parsed(b"".join(order), segments)

    alone = [parsed(each) for each in order]
    assert messages.bodies == [each.bodies[0] for each in alone]
    assert messages.heads == [each.heads[0] for each in alone]
    assert messages.trailers == [each.trailers[0] for each in alone]


def test_trailers_are_not_headers() -> None:
    messages = parsed(CHUNKED + b"1\r\nx\r\n0\r\nX-Request-Id: a\r\n\r\n")

    assert messages.trailers == [((b"x-request-id", b"a"),)]
    assert b"x-request-id" not in messages.heads[0].headers


def test_the_body_of_a_request_for_an_upgrade_is_a_body() -> None:
    for message in MESSAGES[-2:]:
        messages = parsed(message + MESSAGES[0])
        assert messages.bodies == [b"abc", b""]
        assert messages.framings[0].upgrade is False


def test_a_request_for_an_upgrade_with_a_body_can_end_its_connection() -> None:
    close = b"connection: upgrade, close\r\nupgrade: x\r\ncontent-length: 3\r\n\r\nabc"
    (framing,) = parsed(HEAD + close).framings
    assert not framing.keep_alive


def test_a_request_without_a_body_can_be_an_upgrade() -> None:
    upgrade = b"connection: upgrade\r\nupgrade: x\r\n\r\n"
    (framing,) = parsed(b"GET / HTTP/1.1\r\nhost: a\r\n" + upgrade).framings
    assert framing.upgrade
    (framing,) = parsed(b"GET / HTTP/1.0\r\nhost: a\r\n" + upgrade).framings
    assert not framing.upgrade


def test_blank_lines_in_chunks_are_not_overhead() -> None:
    data = b"\r\n" * 100_000
    (body,) = parsed(CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)).bodies
    assert body == data


@pytest.mark.parametrize(
    "body",
    [
        b"g\r\n",
        b"\r\n",
        b"-1\r\n",
        b"0x1\r\nx\r\n",
        b"1 \r\nx\r\n0\r\n\r\n",
        b"1\r\nxy\r\n",
        b"1\nx\n0\n\n",
        b"1\r\nx\n0\r\n\r\n",
        b"10000000000000000\r\n",
        b"00000000000000001\r\nx\r\n0\r\n\r\n",
        b"1;a\nx\r\n0\r\n\r\n",
        b'1;"a\r\n\r\n',
        b"0\r\nx\r\n\r\n",
        b"0\r\n x: y\r\n\r\n",
        b"0\r\ncontent-length: 1\r\nnot a field\r\n\r\n",
    ],
)
@pytest.mark.parametrize("segments", [1, 7, 1000])
def test_malformed_chunks_are_rejected(body: bytes, segments: int) -> None:
    with pytest.raises(BadRequest):
        parsed(CHUNKED + body + MESSAGES[0], segments)


LIMITS = ConnectionLimits(head_bytes=300, target_bytes=50)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (CHUNKED + b"1;" + b"x" * 400, HeadersTooLarge),
        (CHUNKED + b"1\r\nx\r\n0\r\n" + b"a: b\r\n" * 100, HeadersTooLarge),
        (CHUNKED + b"1\r\nx\r\n" * 100, BadRequest),
        (CHUNKED + b"2;x=%b\r\nxy\r\n" % (b"y" * 50) * 20, BadRequest),
        (HEAD + b"x: " + b"y" * 400, HeadersTooLarge),
    ],
)
@pytest.mark.parametrize("segments", [1, 37, 5000])
def test_what_surrounds_a_body_is_bounded(
    data: bytes, error: type[WeirError], segments: int
) -> None:
    with pytest.raises(error):
        parsed(data, segments, LIMITS)


@pytest.mark.parametrize(
    ("target", "path", "query", "host"),
    [
        (b"/", "/", "", b"a"),
        (b"/a%2Fb?c=d?e", "/a%2Fb", "c=d?e", b"a"),
        (b"//a/b", "//a/b", "", b"a"),
        (b"http://b:1/c?d", "/c", "d", b"b:1"),
        (b"HTTPS://b", "/", "", b"b"),
        (b"http://b?c", "/", "c", b"b"),
    ],
)
def test_targets(target: bytes, path: str, query: str, host: bytes) -> None:
    (head,) = parsed(b"GET " + target + b" HTTP/1.1\r\nhost: a\r\n\r\n").heads

    assert (head.path, head.query, head.headers[b"host"]) == (path, query, host)
    assert dict(head.lines)[b"host"] == host


@pytest.mark.parametrize("target", [b"*", b"http://a"])
def test_options_can_be_for_the_whole_server(target: bytes) -> None:
    (head,) = parsed(b"OPTIONS " + target + b" HTTP/1.1\r\nhost: a\r\n\r\n").heads

    assert head.path == "*"


@pytest.mark.parametrize(
    "target", [b"*", b"a", b"ftp://a/", b"http://u@a/", b"http:///a", b"/a#b", b"a:1"]
)
def test_other_targets_are_rejected(target: bytes) -> None:
    with pytest.raises(BadRequest):
        parsed(b"GET " + target + b" HTTP/1.1\r\nhost: a\r\n\r\n")


@pytest.mark.parametrize(
    "lines",
    [
        b"host: a\r\nhost: b\r\n",
        b"host: a\r\nauthorization: x\r\nAuthorization: x\r\n",
        b"host: a\r\ncontent-type: a/b\r\ncontent-type: c/d\r\n",
    ],
)
def test_a_field_of_one_value_cannot_be_repeated(lines: bytes) -> None:
    with pytest.raises(BadRequest, match="repeated") as rejected:
        parsed(b"GET / HTTP/1.1\r\n" + lines + b"\r\n")

    assert rejected.value.code == "HEADER_REPEATED"


def test_http_1_0_has_no_chunks() -> None:
    with pytest.raises(BadRequest):
        parsed(b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n")
