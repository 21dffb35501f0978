"""The boundaries of WebSocket frames in a stream of bytes (RFC 6455 §5.2).

A tunnel passes bytes on unchanged. It has to know where frames end, because a close
frame of its own may only stand between two frames. Payloads are neither unmasked nor
decompressed.
"""

import re
from typing import Final

GOING_AWAY: Final = 1001
TOO_BIG: Final = 1009
_MASKED: Final = 0x80
_LENGTH: Final = 0x7F
_EXTENDED: Final = {126: 2, 127: 8}
"""The bytes of a length that does not fit into seven bits, by what these are."""
_SHORTEST_HEAD: Final = 2
_MASK_BYTES: Final = 4
_SHORT: Final = 15
_SHORT_FRAME: Final = re.compile(
    b"(?s:.(?:%b))"
    % b"|".join(
        re.escape(bytes((mask | length,))) + b".{%d}" % (more + length)
        for length in range(_SHORT + 1)
        for mask, more in ((0, 0), (_MASKED, _MASK_BYTES))
    )
)
_SHORT_FRAMES: Final = re.compile(_SHORT_FRAME.pattern + b"*+")
"""Whole frames with payloads of at most `_SHORT` bytes, as many as there are.

A segment may have a hundred thousand of them, and each takes a loop of `FrameReader`.
"""


class FrameTooBig(Exception):
    """A frame with a larger payload than the limit.

    `before` is the number of bytes of whole frames before it, or None if an earlier
    feed had its first byte.
    """

    def __init__(self, before: int | None) -> None:
        super().__init__()
        self.before = before


class FrameReader:
    """The position in one direction of a connection; `frames` have begun in it."""

    __slots__ = ("_head", "_left", "_max_bytes", "frames")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.frames = 0
        self._head = b""
        self._left = 0

    @property
    def between_frames(self) -> bool:
        """Whether the last byte was the end of a frame."""
        return not self._left and not self._head

    def feed(self, data: bytes) -> None:
        """Read on; raise FrameTooBig."""
        self._feed(data, stop=False)

    def feed_until_boundary(self, data: bytes) -> int:
        """Read on to the first end of a frame; return the bytes read."""
        return self._feed(data, stop=True)

    def _feed(self, data: bytes, *, stop: bool) -> int:
        earlier, at, left = len(self._head), 0, self._left
        data, self._head = self._head + data, b""
        while at < len(data):
            if not left:
                if not stop and self._max_bytes >= _SHORT:
                    begin, at = at, _end_of_short_frames(data, at)
                    self.frames += _number_of_short_frames(data[begin:at])
                size, left = _head_at(data, at)
                if size > len(data) - at:
                    self._head, left, at = data[at:], 0, len(data)
                    break
                if left > self._max_bytes:
                    raise FrameTooBig(at - earlier if at >= earlier else None)
                at += size
                self.frames += 1
            step = min(left, len(data) - at)
            at += step
            left -= step
            if stop and not left:
                break
        self._left = left
        return at - earlier


def _end_of_short_frames(data: bytes, at: int) -> int:
    match = _SHORT_FRAMES.match(data, at)
    assert match is not None, "no frame at all is a match as well"
    return match.end()


def _number_of_short_frames(data: bytes) -> int:
    _, number = _SHORT_FRAME.subn(b"", data)
    return number


def _head_at(data: bytes, at: int) -> tuple[int, int]:
    """Return the lengths of the head that begins at `at`, and of its payload.

    The head is not complete if it is longer than what is there.
    """
    if len(data) - at < _SHORTEST_HEAD:
        return _SHORTEST_HEAD, 0
    second = data[at + 1]
    short = second & _LENGTH
    extended = _EXTENDED.get(short, 0)
    mask = _MASK_BYTES if second & _MASKED else 0
    end = at + _SHORTEST_HEAD + extended
    length = int.from_bytes(data[end - extended : end]) if extended else short
    return end - at + mask, length


def close_frame(status: int, *, masked: bool) -> bytes:
    """Return a close frame; that of a client is masked, here with zeros (§5.3)."""
    mask = b"\0\0\0\0" if masked else b""
    length = 2 | (_MASKED if masked else 0)
    return bytes((0x88, length)) + mask + status.to_bytes(2)
