"""The division of received bytes into HTTP/2 frames (RFC 9113 §4.1).

h2 handles all frames but two, which need another behavior:

- h2 treats GOAWAY as the end of the connection. A peer that shuts down gracefully still
  responds to the requests that it has begun (§6.8).
- h2 sends another RST_STREAM for each DATA frame of an abandoned exchange. Some peers
  count these as protection from a "rapid reset" (CVE-2023-44487), and then close the
  connection.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from weir.gateway.transport.errors import UpstreamProtocolError

MAX_FRAME_BYTES: Final = 16384
"""The initial value of SETTINGS_MAX_FRAME_SIZE, which is not changed (§6.5.2)."""
HEAD_BYTES: Final = 9
DATA: Final = 0
GOAWAY: Final = 7
_GOAWAY_BYTES: Final = 8
_STREAM_BITS: Final = 0x7FFF_FFFF


@dataclass(frozen=True, slots=True)
class Goaway:
    """A GOAWAY: streams above `last_stream_id` were not and will not be processed."""

    last_stream_id: int
    reason: str


class FrameCutter:
    """A buffer that returns received bytes as complete frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Return the frames that are complete now.

        Raise `UpstreamProtocolError` for a frame above the maximum size. The first
        bytes of other protocols are such a frame.
        """
        data, self._rest = self._rest + data, b""
        start = 0
        while len(data) >= start + HEAD_BYTES:
            length = int.from_bytes(data[start : start + 3])
            if length > MAX_FRAME_BYTES:
                message = f"not HTTP/2: a frame of {length} bytes"
                raise UpstreamProtocolError(message)
            end = start + HEAD_BYTES + length
            if len(data) < end:
                break
            yield data[start:end]
            start = end
        self._rest = data[start:]


def frame_type(frame: bytes) -> int:
    """Return the type of a whole frame (RFC 9113 §4.1)."""
    return frame[3]


def stream_id(frame: bytes) -> int:
    """Return the stream of a whole frame, 0 for the connection (RFC 9113 §4.1)."""
    return int.from_bytes(frame[5:9]) & _STREAM_BITS


def read_goaway(frame: bytes) -> Goaway:
    """Parse a GOAWAY frame (§6.8), or raise `UpstreamProtocolError`."""
    content = frame[HEAD_BYTES:]
    if len(content) < _GOAWAY_BYTES:
        message = "not HTTP/2: a GOAWAY frame is too short"
        raise UpstreamProtocolError(message)
    last = int.from_bytes(content[:4]) & _STREAM_BITS
    detail = content[8:].decode("ascii", "replace")
    return Goaway(last, f"error {int.from_bytes(content[4:8])} {detail}".rstrip())
