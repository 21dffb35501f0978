import asyncio
import gzip
import os
import sys
import zlib
from collections.abc import Callable
from importlib import import_module
from time import thread_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from weir.gateway.content_decoding import (
    DECODED,
    DamagedContent,
    DecodedTooLarge,
    UnknownCoding,
    decode,
    decode_content,
)

MEBIBYTE = 1024 * 1024
brotli: Any = import_module("brotli")  # ships without types
ENCODERS: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": gzip.compress,
    b"br": brotli.compress,
    b"zstd": zstd.compress,
    b"deflate": zlib.compress,
    b"identity": bytes,
}
COMPRESSED = [name.encode() for name in DECODED]


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


@pytest.mark.parametrize("coding", COMPRESSED)
@pytest.mark.parametrize("size", [101, 20 * MEBIBYTE])
def test_a_body_is_not_decoded_beyond_the_limit(coding: bytes, size: int) -> None:
    with pytest.raises(DecodedTooLarge):
        decode_content(coding, ENCODERS[coding](bytes(size)), 100)


@pytest.mark.parametrize("coding", COMPRESSED)
def test_a_bomb_is_refused_by_its_ratio_below_the_size_limit(coding: bytes) -> None:
    bomb = ENCODERS[coding](bytes(8 * MEBIBYTE))

    with pytest.raises(DecodedTooLarge):
        decode_content(coding, bomb, 64 * MEBIBYTE)


@pytest.mark.parametrize("coding", COMPRESSED)
def test_a_damaged_or_cut_body_is_refused_at_every_byte(coding: bytes) -> None:
    whole = ENCODERS[coding](b"the body " * 9)

    for cut in range(1, len(whole)):
        with pytest.raises(DamagedContent):
            decode_content(coding, whole[:cut], MEBIBYTE)
    with pytest.raises(DamagedContent):
        decode_content(coding, b"\xff" * 20, MEBIBYTE)


def test_a_deflate_body_may_lack_its_zlib_head() -> None:
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = raw.compress(b"without a head") + raw.flush()

    assert decode_content(b"deflate", body, MEBIBYTE) == b"without a head"


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"zstd", b"gzip, deflate"])
def test_an_empty_body_is_empty(coding: bytes) -> None:
    assert decode_content(coding, b"", MEBIBYTE) == b""


def test_bytes_after_a_deflate_body_are_rejected() -> None:
    with pytest.raises(DamagedContent, match="more than 1 members"):
        decode_content(b"deflate", zlib.compress(b"x") * 2, MEBIBYTE)


def test_all_frames_of_a_zstd_body_count() -> None:
    body = zstd.compress(b"one ") + zstd.compress(b"two")

    assert decode_content(b"zstd", body, MEBIBYTE) == b"one two"


def test_a_zstd_window_above_8_mebibytes_is_rejected() -> None:
    options: dict[int, int] = {zstd.CompressionParameter.window_log: 27}
    large = zstd.ZstdCompressor(options=options)
    body = large.compress(os.urandom(MEBIBYTE)) + large.flush()

    with pytest.raises(DamagedContent, match="zstd"):
        decode_content(b"zstd", body, 16 * MEBIBYTE)


@pytest.mark.parametrize("coding", [b"compress", b"gzip, rot13", b"aes128gcm"])
def test_an_unknown_coding_is_rejected_by_its_name(coding: bytes) -> None:
    with pytest.raises(UnknownCoding, match=coding.split(b" ")[-1].decode()):
        decode_content(coding, b"x", MEBIBYTE)


def test_empty_gzip_members_are_rejected_by_their_number_in_little_time() -> None:
    body = gzip.compress(b"", mtime=0) * 200_000
    started_s = thread_time()

    with pytest.raises(DamagedContent, match="more than 1000 members"):
        decode_content(b"gzip", body, 16 * MEBIBYTE)
    assert thread_time() - started_s < 0.05


def test_a_thousand_gzip_members_are_decoded() -> None:
    body = gzip.compress(b"member ", mtime=0) * 1000

    assert decode_content(b"gzip", body, MEBIBYTE) == b"member " * 1000


def brotli_of_empty_blocks(count: int) -> bytes:
    # RFC 7932 §9.2: a window of 16 bits, metadata blocks without content, the last one.
    return bytes([0b0000_1100]) + b"\x06" * count + b"\x03"


@pytest.mark.parametrize("count", [1, 1000, 4 * MEBIBYTE])
def test_empty_blocks_of_brotli_take_linear_time(count: int) -> None:
    started_s = thread_time()

    assert decode_content(b"br", brotli_of_empty_blocks(count), MEBIBYTE) == b""
    assert thread_time() - started_s < 0.05 + count * 50e-9


def test_more_than_two_codings_are_rejected() -> None:
    with pytest.raises(UnknownCoding, match="3 content codings, the limit is 2"):
        decode_content(b"gzip, gzip, gzip", gzip.compress(b""), MEBIBYTE)


def test_a_large_body_is_decoded_beside_the_event_loop() -> None:
    content = os.urandom(8 * MEBIBYTE)
    body = gzip.compress(content, compresslevel=1)

    async def timed() -> tuple[bytes, float]:
        started_s = thread_time()
        decoded = await decode(b"gzip", body, 16 * MEBIBYTE)
        return decoded, thread_time() - started_s

    decoded, busy_s = asyncio.run(timed())

    assert decoded == content
    assert busy_s < 0.005
