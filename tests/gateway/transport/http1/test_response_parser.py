"""The reader of answers without a socket: any pieces, any damage."""

from contextlib import nullcontext
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weir.gateway.transport.errors import UpstreamError, UpstreamProtocolError
from weir.gateway.transport.http1.response_parser import ReplyLimits, ReplyParser

LIMITS = ReplyLimits(1024, 4096)
REPLIES = (
    b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nx-a: b\r\n\r\nsecret",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b"2;x=y\r\nse\r\n4\r\ncret\r\n0\r\nt: v\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret",
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


@given(
    data=st.sampled_from(REPLIES),
    cuts=st.lists(st.integers(0, 300), max_size=20),
    times=st.integers(1, 3),
)
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(
    data: bytes, cuts: list[int], times: int
) -> None:
    parser = ReplyParser(LIMITS)
    for _ in range(times):
        parser.begin(expects_body=True)
        for piece in pieces(data, cuts):
            assert not parser.complete
            parser.feed(piece)
        assert (parser.complete, parser.reusable) == (True, True)
        assert b"".join(parser.chunks) == b"secret"


def test_trailers_of_a_large_body_are_not_larger_than_those_of_a_small_one() -> None:
    parser = ReplyParser(ReplyLimits(1024, 1_000_000))
    parser.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    parser.feed(b"f4240\r\n" + b"x" * 1_000_000 + b"\r\n0\r\n")

    for _ in range(10):
        parser.feed(b"a: " + b"b" * 90 + b"\r\n")
    with pytest.raises(UpstreamProtocolError):
        parser.feed(b"a: " + b"b" * 200 + b"\r\nc")


@pytest.mark.parametrize("heads", [1, 0])
@pytest.mark.parametrize(("fields", "is_allowed"), [(10, True), (11, False)])
def test_trailers_in_one_piece_with_the_body_are_limited(
    heads: int,
    fields: int,
    is_allowed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    parser = ReplyParser(ReplyLimits(1024, 1_000_000))
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    body = b"186a0\r\n" + b"x" * 100_000 + b"\r\n0\r\n"
    trailers = (b"a: " + b"b" * 95 + b"\r\n") * fields + b"\r\n"
    parser.feed(head * heads or head[:20])
    with nullcontext() if is_allowed else pytest.raises(UpstreamProtocolError):
        parser.feed((b"" if heads else head[20:]) + body + trailers)
    assert parser.complete == is_allowed


MUTATION = st.tuples(st.integers(0, 300), st.sampled_from("dis"), st.binary(max_size=3))


def damaged(data: bytes, mutations: list[tuple[int, str, bytes]]) -> bytes:
    for at, how, what in mutations:
        place = at % (len(data) + 1)
        match how:
            case "d":
                data = data[:place] + data[place + 1 :]
            case "i":
                data = data[:place] + what + data[place:]
            case _:
                data = data[:place] + what + data[place + len(what) :]
    return data


@settings(max_examples=500)
@given(
    data=st.sampled_from(REPLIES),
    mutations=st.lists(MUTATION, max_size=4),
    cuts=st.lists(st.integers(0, 300), max_size=5),
)
def test_damage_is_an_upstream_error_and_never_leaks_into_the_next_answer(
    data: bytes, mutations: list[tuple[int, str, bytes]], cuts: list[int]
) -> None:
    parser = ReplyParser(LIMITS)
    try:
        for piece in pieces(damaged(data, mutations), cuts):
            parser.feed(piece)
            if parser.complete:
                break
    except UpstreamError:
        assert not parser.reusable
        return
    assert sum(map(len, parser.chunks)) <= LIMITS.body_bytes
    if not parser.complete:
        parser.end_of_stream()
        assert not parser.reusable
    elif parser.reusable:
        parser.begin(expects_body=True)
        parser.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine")
        assert parser.chunks == [b"mine"]
