"""Chunks are followed as llhttp decodes them, in whatever segments they arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.server.messages.chunk_walk import ChunkWalk

END = b"0\r\n\r\n"


def walked(data: bytes, segments: int) -> tuple[int, int] | None:
    """Return the length of the body in `data`, and of the chunk data in it."""
    walk, body, start = ChunkWalk(), 0, 0
    while start < len(data):
        end, size, is_last = walk.step(data, start, min(len(data), start + segments))
        assert end > start
        body += size
        start = end
        if is_last:
            return start, body
    return None


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (END, 0),
        (b"1\r\nx\r\n" + END, 1),
        (b"a;name=value\r\n0123456789\r\n00;last\r\n\r\n", 10),
        (b"4\r\n\r\n\r\n\r\n" + END, 4),
        (b"5\r\n0\r\n\r\n\r\n" + END, 5),
        (b"1\r\nx\r\n0\r\na: b\r\nc: d\r\n\r\n", 1),
        (b"B\r\n01234567890\r\n" + END, 11),
    ],
)
@pytest.mark.parametrize("segments", [1, 2, 3, 5, 1000])
def test_a_body_ends_with_its_trailers(body: bytes, size: int, segments: int) -> None:
    assert walked(body + b"GET / HTTP/1.1\r\n\r\n", segments) == (len(body), size)


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=5),
    segments=st.integers(1, 50),
    behind=st.binary(max_size=20),
)
def test_any_chunks_in_any_segments(
    chunks: list[bytes], segments: int, behind: bytes
) -> None:
    body = b"".join(b"%x\r\n%b\r\n" % (len(data), data) for data in chunks) + END

    assert walked(body + behind, segments) == (len(body), sum(map(len, chunks)))
