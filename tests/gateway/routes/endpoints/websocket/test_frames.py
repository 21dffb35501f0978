"""The boundaries of frames, however the bytes arrive."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.routes.endpoints.websocket.frames import (
    FrameReader,
    FrameTooBig,
    close_frame,
)


def frame(payload: bytes, *, masked: bool, opcode: int = 0x82) -> bytes:
    size, mask = len(payload), b"\1\2\3\4" if masked else b""
    bit = 0x80 if masked else 0
    if size < 126:
        return bytes((opcode, size | bit)) + mask + payload
    if size < 65536:
        return bytes((opcode, 126 | bit)) + size.to_bytes(2) + mask + payload
    return bytes((opcode, 127 | bit)) + size.to_bytes(8) + mask + payload


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
@pytest.mark.parametrize("masked", [True, False])
def test_a_frame_ends_after_its_payload(size: int, *, masked: bool) -> None:
    data = frame(bytes(size), masked=masked)
    reader = FrameReader(100_000)
    for at in range(len(data) - 1):
        reader.feed(data[at : at + 1])
        assert not reader.between_frames
    reader.feed(data[-1:])

    assert reader.between_frames


@given(st.lists(st.binary(max_size=300), max_size=5), st.lists(st.integers(1, 50)))
def test_each_boundary_is_found_however_the_bytes_are_cut(
    payloads: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(frame(each, masked=bool(len(each) % 2)) for each in payloads)
    reader = FrameReader(1000)
    boundaries = 0
    for cut in (*cuts, len(data)):
        piece, data = data[:cut], data[cut:]
        while piece:
            piece = piece[reader.feed_until_boundary(piece) :]
            boundaries += reader.between_frames

    assert boundaries == reader.frames == len(payloads)


@given(
    st.lists(st.tuples(st.binary(max_size=30), st.booleans()), max_size=20),
    st.integers(0, 200),
)
def test_a_frame_ends_at_the_same_byte_however_it_is_read(
    frames: list[tuple[bytes, bool]], end: int
) -> None:
    data = b"".join(frame(payload, masked=masked) for payload, masked in frames)[:end]
    at_once, in_bytes = FrameReader(1000), FrameReader(1000)
    at_once.feed(data)
    for byte in data:
        in_bytes.feed_until_boundary(bytes((byte,)))

    assert at_once.between_frames == in_bytes.between_frames
    assert at_once.frames == in_bytes.frames


def test_a_short_frame_may_be_too_big() -> None:
    with pytest.raises(FrameTooBig) as error:
        FrameReader(3).feed(frame(b"abc", masked=True) + frame(b"abcd", masked=True))

    assert error.value.before == 9


@pytest.mark.parametrize("size", [0, 1, 15])
@pytest.mark.parametrize("masked", [True, False])
def test_a_segment_of_short_frames_takes_little_time(
    size: int, *, masked: bool
) -> None:
    one = frame(bytes(size), masked=masked)
    data = one * (256_000 // len(one))
    reader = FrameReader(1000)

    started_s = time.thread_time()
    reader.feed(data)

    # Frame by frame, empty ones take 50 ms.
    assert time.thread_time() - started_s < 0.025
    assert reader.between_frames
    assert reader.frames == len(data) // len(one)


def test_reading_stops_at_the_end_of_a_frame() -> None:
    first, second = frame(b"one", masked=True), frame(b"two", masked=True)
    reader = FrameReader(1000)
    reader.feed(first[:4])

    assert reader.feed_until_boundary(first[4:] + second) == len(first) - 4
    assert reader.between_frames


@pytest.mark.parametrize("size", [126, 1 << 62])
def test_a_frame_above_the_limit_is_found_by_its_head(size: int) -> None:
    reader = FrameReader(125)

    with pytest.raises(FrameTooBig):
        reader.feed(b"\x82\x7f" + size.to_bytes(8))


def test_a_close_frame_has_its_status() -> None:
    assert close_frame(1001, masked=False) == b"\x88\x02\x03\xe9"
    assert close_frame(1001, masked=True) == b"\x88\x82\0\0\0\0\x03\xe9"


@given(st.lists(st.binary(max_size=60), max_size=5), st.integers(1, 200))
def test_whole_frames_before_one_above_the_limit_are_counted(
    payloads: list[bytes], cut: int
) -> None:
    before = b"".join(frame(each, masked=True) for each in payloads)
    data = before + frame(bytes(100), masked=True)
    reader = FrameReader(99)
    fed = iter([data[at : at + cut] for at in range(0, len(data), cut)])

    with pytest.raises(FrameTooBig) as raised:
        list(map(reader.feed, fed))

    head_ends = len(before) + 5
    begins = len(before) - head_ends // cut * cut
    assert raised.value.before == (begins if begins >= 0 else None)


def test_small_frames_are_read_quickly() -> None:
    data = frame(b"", masked=True) * 100_000
    begun_s = time.process_time()
    for byte in data:
        bytes((byte,))
    per_byte_s = time.process_time() - begun_s
    begun_s = time.process_time()
    FrameReader(1000).feed(data)

    assert time.process_time() - begun_s < 4 * per_byte_s
