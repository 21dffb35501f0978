"""Where a chunked body may end (RFC 9112 §7.1), found without decoding it.

llhttp decodes the chunks, and decides whether they are well-formed. This class only
follows their sizes, so that no byte behind the message is given to llhttp with it. The
parser compares the two, and rejects a body that they read differently.
"""

import re
from typing import NamedTuple

from weir.gateway.server.messages.blank_line import BlankLine

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[;\r \t]")
# A size with its end; extensions may follow it.
_SIZE_BYTES = 17


class Step(NamedTuple):
    """A piece of the body: where it ends, and how many of its bytes are chunk data."""

    end: int
    body: int
    is_last: bool = False


class ChunkWalk:
    """A walk over the chunks of one body, which arrive in any segments."""

    __slots__ = ("_left", "_line", "_trailers")

    def __init__(self) -> None:
        # Bytes of chunk data that have not arrived, with the line end behind them.
        self._left = 0
        # The beginning of an incomplete size line.
        self._line = b""
        self._trailers: BlankLine | None = None

    def step(self, data: bytes, start: int, stop: int) -> Step:
        """Return the piece of `data[start:stop]` that belongs to the body."""
        body, at = 0, start
        while at < stop and self._trailers is None:
            if self._left:
                taken = min(self._left, stop - at)
                # The last two bytes are the line end.
                body += max(0, self._left - 2) - max(0, self._left - taken - 2)
                self._left -= taken
                at += taken
            else:
                at = self._size_line(data, at, stop)
        if self._trailers is None or at == stop:
            return Step(at, body)
        end, is_last = self._trailers.find(data, at, stop)
        return Step(end, body, is_last)

    def _size_line(self, data: bytes, start: int, stop: int) -> int:
        """Read a size line; an invalid one is left for llhttp to reject."""
        end = data.find(b"\n", start, stop) + 1
        self._line += data[start : min(end or stop, start + _SIZE_BYTES)]
        if not end:
            self._line = self._line[:_SIZE_BYTES]
            return stop
        size = _SIZE.match(self._line)
        self._line = b""
        length = int(size[1], 16) if size else 0
        if length:
            self._left = length + 2
        else:
            self._trailers = BlankLine(b"\r\n")
        return end
