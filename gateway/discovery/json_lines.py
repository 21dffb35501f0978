"""The lines of a stream, of which a part may have several, or a piece of one."""

from weir.gateway.discovery.errors import InvalidResponse


class JsonLines:
    """A reader of lines that have at most `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._rest = bytearray()

    def feed(self, part: bytes) -> list[bytes]:
        """Return the lines that `part` completes; raise InvalidResponse."""
        # Only the part is searched, so that short parts of a long line cost no more.
        first, *others = part.split(b"\n")
        self._rest += first
        if len(self._rest) > self._max_bytes:
            message = f"a line of the stream has more than {self._max_bytes} bytes"
            raise InvalidResponse(message)
        if not others:
            return []
        lines = [bytes(self._rest), *others[:-1]]
        self._rest = bytearray(others[-1])
        return [line for line in lines if line.strip()]
