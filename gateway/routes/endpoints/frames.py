"""The boundaries of WebSocket frames in a stream of bytes (RFC 6455 §5.2).

A tunnel passes bytes on unchanged. It has to know where frames end, because a close
frame of its own may only stand between two frames. Payloads are neither unmasked nor
decompressed.
"""

from typing import Final

GOING_AWAY: Final = 1001
TOO_BIG: Final = 1009
_MASKED: Final = 0x80
_LENGTH: Final = 0x7F
_TWO_BYTES: Final = 126
_EIGHT_BYTES: Final = 127


class FrameTooBig(Exception):
    """A frame with a larger payload than the limit."""


class FrameReader:
    """The position in one direction of a connection."""

    __slots__ = ("_head", "_left", "_max_bytes")

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._head = bytearray()
        self._left = 0

    @property
    def between_frames(self) -> bool:
        """Whether the last byte was the end of a frame."""
        return not self._left and not self._head

    def feed(self, data: bytes) -> None:
        """Read on; raise FrameTooBig."""
        self.feed_until_boundary(data, stop=False)

    def feed_until_boundary(self, data: bytes, *, stop: bool = True) -> int:
        """Read on, and `stop` at the first end of a frame; return the bytes read."""
        at = 0
        while at < len(data):
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
            else:
                self._head.append(data[at])
                at += 1
                self._begin_payload()
            if stop and self.between_frames:
                return at
        return at

    def _begin_payload(self) -> None:
        """Read the head of a frame, if it is complete."""
        head = self._head
        if len(head) < 2:  # noqa: PLR2004 - the shortest head
            return
        short = head[1] & _LENGTH
        extended = {_TWO_BYTES: 2, _EIGHT_BYTES: 8}.get(short, 0)
        mask = 4 if head[1] & _MASKED else 0
        if len(head) < 2 + extended + mask:
            return
        length = int.from_bytes(head[2 : 2 + extended]) if extended else short
        if length > self._max_bytes:
            raise FrameTooBig
        self._left = length
        head.clear()


def close_frame(status: int, *, masked: bool) -> bytes:
    """Return a close frame; that of a client is masked, here with zeros (§5.3)."""
    mask = b"\0\0\0\0" if masked else b""
    length = 2 | (_MASKED if masked else 0)
    return bytes((0x88, length)) + mask + status.to_bytes(2)
