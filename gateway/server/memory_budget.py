"""The memory that all connections of a listener together may fill."""


class MemoryBudget:
    """Counts bytes received from clients that wait to be used.

    Each connection is far below any limit of its own while ten thousand of them fill
    the memory of the machine.
    """

    __slots__ = ("_limit", "used")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.used = 0

    def take(self, size: int) -> bool:
        """Count `size` more bytes, unless they do not fit."""
        if self.used + size > self._limit:
            return False
        self.used += size
        return True

    def release(self, size: int) -> None:
        """Give back what `take` has counted."""
        self.used -= size
