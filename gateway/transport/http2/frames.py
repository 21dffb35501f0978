"""Cuts what arrives into HTTP/2 frames (RFC 9113 section 4.1).

h2 reads the frames, but for two that are taken out here, for what it makes of them:

- It takes GOAWAY for the end of the connection; but a peer that shuts down in good
  order answers what it has begun (section 6.8).
- It answers each DATA frame of an exchange that was given up by another RST_STREAM. A
  peer that counts these, to be safe from a "rapid reset" (CVE-2023-44487), then ends
  the connection.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from weir.gateway.transport.errors import UpstreamProtocolError

MAX_FRAME_BYTES: Final = 16384
"""The smallest maximum that there is, which we do not raise (section 6.5.2)."""
HEAD_BYTES: Final = 9
DATA: Final = 0
GOAWAY: Final = 7
_GOAWAY_BYTES: Final = 8
_STREAM_BITS: Final = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class Goaway:
    """The peer begins nothing more; what is above `last_stream_id` it never did."""

    last_stream_id: int
    why: str


class FrameCutter:
    """Gives back what arrives in whole frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Return the frames that are whole now.

        Raises `UpstreamProtocolError` at a frame that is larger than agreed, as the
        first bytes of anything but HTTP/2 are.
        """
        data, self._rest = self._rest + data, b""
        start = 0
        while len(data) >= start + HEAD_BYTES:
            length = int.from_bytes(data[start : start + 3])
            if length > MAX_FRAME_BYTES:
                msg = f"not HTTP/2: a frame of {length} bytes"
                raise UpstreamProtocolError(msg)
            end = start + HEAD_BYTES + length
            if len(data) < end:
                break
            yield data[start:end]
            start = end
        self._rest = data[start:]


def frame_type(frame: bytes) -> int:
    return frame[3]


def stream_id(frame: bytes) -> int:
    return int.from_bytes(frame[5:9]) & _STREAM_BITS


def read_goaway(frame: bytes) -> Goaway:
    """Read a GOAWAY frame (section 6.8), or raise `UpstreamProtocolError`."""
    content = frame[HEAD_BYTES:]
    if len(content) < _GOAWAY_BYTES:
        msg = "not HTTP/2: a GOAWAY without its content"
        raise UpstreamProtocolError(msg)
    last = int.from_bytes(content[:4]) & _STREAM_BITS
    detail = content[8:].decode("ascii", "replace")
    return Goaway(last, f"error {int.from_bytes(content[4:8])} {detail}".rstrip())
