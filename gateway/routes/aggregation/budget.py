"""The limit of the bytes that one aggregated response is made of."""

from weir.gateway.concurrency.large_work import LARGE_BYTES
from weir.gateway.routes.errors import AggregateTooLarge
from weir.gateway.transport.reply_hold import ReplyHold


class ByteBudget:
    """The bytes that are left of `limit`.

    Large responses of parts are in `hold` until the aggregation has ended.
    """

    __slots__ = ("_hold", "_left", "_limit")

    def __init__(self, limit: int, hold: ReplyHold) -> None:
        self._limit = limit
        self._left = limit
        self._hold = hold

    @property
    def taken(self) -> int:
        """The number of bytes that are taken."""
        return self._limit - self._left

    def take(self, size: int) -> None:
        """Take `size` bytes; raise AggregateTooLarge if not as many are left."""
        self._left -= size
        if self._left < 0:
            message = f"The parts have more than {self._limit} bytes."
            raise AggregateTooLarge(message)

    def receive(self, size: int) -> None:
        """Take the size of a response, which waits for those of other parts.

        Raise AggregateTooLarge, and ReplyMemoryExceeded if other requests have taken
        the memory for responses.
        """
        self.take(size)
        if self.taken > LARGE_BYTES:
            self._hold.grow(self.taken)
