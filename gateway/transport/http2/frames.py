"""Cuts what arrives into HTTP/2 frames (RFC 9113 section 4.1).

h2, which reads the frames, takes GOAWAY for the end of the connection. But a peer that
shuts down in good order answers what it has begun (section 6.8): so GOAWAY is read
here, and only what lies between is for h2.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.upstreams.errors import UpstreamProtocolError

MAX_FRAME_BYTES: Final = 16384
"""The smallest maximum that there is, which we do not raise (section 6.5.2)."""
_HEAD_BYTES: Final = 9
_GOAWAY: Final = 7
_GOAWAY_BYTES: Final = 8
_STREAM_BITS: Final = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class Goaway:
    """The peer begins nothing more; what is above `last_stream_id` it never did."""

    last_stream_id: int
    error_code: int


class FrameCutter:
    """Gives back what arrives in whole frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes | Goaway]:
        """Return the frames that are whole now: runs of bytes, and each GOAWAY.

        Raises `UpstreamProtocolError` at a frame that is larger than agreed, as the
        first bytes of anything but HTTP/2 are.
        """
        data = self._rest + data
        start = end = 0
        while len(data) >= end + _HEAD_BYTES:
            length = int.from_bytes(data[end : end + 3])
            if length > MAX_FRAME_BYTES:
                msg = f"not HTTP/2: a frame of {length} bytes"
                raise UpstreamProtocolError(msg)
            after = end + _HEAD_BYTES + length
            if len(data) < after:
                break
            if data[end + 3] == _GOAWAY:
                if start < end:
                    yield data[start:end]
                yield _goaway(data[end + _HEAD_BYTES : after])
                start = after
            end = after
        self._rest = data[end:]
        if start < end:
            yield data[start:end]


def _goaway(payload: bytes) -> Goaway:
    if len(payload) < _GOAWAY_BYTES:
        msg = "not HTTP/2: a GOAWAY without its content"
        raise UpstreamProtocolError(msg)
    last = int.from_bytes(payload[:4]) & _STREAM_BITS
    return Goaway(last, int.from_bytes(payload[4:8]))
