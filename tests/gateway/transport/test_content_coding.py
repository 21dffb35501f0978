import gzip
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.transport.content_coding import decode_content
from weir.gateway.transport.errors import UpstreamProtocolError, UpstreamReplyTooLarge

MEBIBYTE = 1024 * 1024
brotli: Any = import_module("brotli")  # ships without types
ENCODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": gzip.compress,
    b"br": brotli.compress,
    b"identity": bytes,
}


@pytest.mark.parametrize("coding", ENCODERS)
@given(body=st.binary(max_size=4096))
def test_decoding_undoes_encoding(coding: bytes, body: bytes) -> None:
    assert decode_content(coding, ENCODERS[coding](body), MEBIBYTE) == body


def test_codings_are_undone_last_to_first_whatever_their_case() -> None:
    body = brotli.compress(gzip.compress(b"twice"))

    assert decode_content(b"GZIP, Br", body, MEBIBYTE) == b"twice"


def test_all_members_of_a_gzip_body_count() -> None:
    body = gzip.compress(b"one ") + gzip.compress(b"two")

    assert decode_content(b"gzip", body, MEBIBYTE) == b"one two"


@pytest.mark.parametrize("coding", [b"gzip", b"br"])
@pytest.mark.parametrize("size", [101, 20 * MEBIBYTE])
def test_a_body_is_not_decoded_beyond_the_limit(coding: bytes, size: int) -> None:
    with pytest.raises(UpstreamReplyTooLarge):
        decode_content(coding, ENCODERS[coding](bytes(size)), 100)


@pytest.mark.parametrize("coding", [b"gzip", b"br"])
def test_a_bomb_is_refused_by_its_ratio_below_the_size_limit(coding: bytes) -> None:
    bomb = ENCODERS[coding](bytes(8 * MEBIBYTE))

    with pytest.raises(UpstreamReplyTooLarge):
        decode_content(coding, bomb, 64 * MEBIBYTE)


@pytest.mark.parametrize("coding", [b"gzip", b"br"])
def test_a_damaged_or_cut_body_is_refused_at_every_byte(coding: bytes) -> None:
    whole = ENCODERS[coding](b"the body " * 9)

    for cut in range(1, len(whole)):
        with pytest.raises(UpstreamProtocolError):
            decode_content(coding, whole[:cut], MEBIBYTE)
    with pytest.raises(UpstreamProtocolError):
        decode_content(coding, b"\xff" * 20, MEBIBYTE)


def test_deflate_was_never_asked_for() -> None:
    with pytest.raises(UpstreamProtocolError, match="deflate"):
        decode_content(b"deflate", zlib.compress(b"x"), MEBIBYTE)
