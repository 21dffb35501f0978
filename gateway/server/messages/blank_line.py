"""The empty line with which a section of a message ends (RFC 9112 §2.1)."""

_BLANK_LINE = b"\r\n\r\n"


class BlankLine:
    """A search for the first empty line in bytes that arrive in any segments.

    `seen` is what may be the beginning of an empty line, from earlier segments.
    """

    __slots__ = ("_seen",)

    def __init__(self, seen: bytes = b"") -> None:
        self._seen = seen

    def find(self, data: bytes, start: int, stop: int) -> tuple[int, bool]:
        """Return where an empty line ends in `data[start:stop]`, or `stop`.

        Return as well whether there is one.
        """
        if self._seen:
            at = (self._seen + data[start : min(start + 3, stop)]).find(_BLANK_LINE)
            if at >= 0:
                end = start + at + 4 - len(self._seen)
                self._seen = b""
                return end, True
        at = data.find(_BLANK_LINE, start, stop)
        if at >= 0:
            self._seen = b""
            return at + 4, True
        self._seen = (self._seen + data[max(start, stop - 3) : stop])[-3:]
        return stop, False
