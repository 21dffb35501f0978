"""The limit of the bytes that one aggregated response is made of."""

from weir.gateway.routes.errors import AggregateTooLarge


class ByteBudget:
    """The bytes that are left of `limit`."""

    __slots__ = ("_left", "_limit")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

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
