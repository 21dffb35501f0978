"""The memory that a response of a service takes until it is complete, and in use.

Each response is within the limit of its service. But hundreds that arrive slowly, or
wait for others of their requests, fill the memory of the machine. So they are counted
together. A stream is not counted, because it waits for its reader. Neither is a
response over HTTP/1.1 that arrives in one piece.
"""

from typing import Final

from msgspec import Struct

from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.transport.errors import ReplyMemoryExceeded

DEFAULT_BYTES: Final = 64 * 1024 * 1024
_PIECE_BYTES: Final = 48
"""The memory of a piece of a body, in addition to its bytes."""
_RETRY_AFTER_S: Final = 1.0


class ReplyHold(Struct, eq=False):
    """The part of the memory that one call or one execution has for its responses."""

    _memory: ClientMemory
    _client: str
    _size: int = 0

    def grow(self, size: int, pieces: int = 0) -> None:
        """Count `size` bytes in so many pieces, instead of those counted before.

        Raise ReplyMemoryExceeded if they do not fit. The memory is released then, so
        that other responses which arrive at the same time may succeed.
        """
        size += pieces * _PIECE_BYTES
        if not self._memory.take(self._client, size - self._size):
            self.release()
            message = "The responses of services fill the memory for them."
            error = ReplyMemoryExceeded(message, retry_after_s=_RETRY_AFTER_S)
            error.client = self._client
            raise error
        self._size = size

    def release(self) -> None:
        """Give back the memory; further calls have no effect."""
        if self._size:
            self._memory.release(self._client, self._size)
            self._size = 0
