"""The memory that all connections of a listener together may fill."""

from typing import Final

_SMALL_BYTES: Final = 16 * 1024
_RESERVED_PART: Final = 4


class MemoryBudget:
    """The count of bytes received from clients and still in use.

    Each connection is far below any limit of its own while ten thousand of them fill
    the memory of the machine. A quarter is reserved for holders of 16 KiB or less, so
    that a few clients with large bodies that never end do not block all others.
    """

    __slots__ = ("_limit", "_limit_of_large", "used")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._limit_of_large = limit - limit // _RESERVED_PART
        self.used = 0

    def take(self, size: int, held: int) -> bool:
        """Count `size` more bytes for a holder of `held`, unless they do not fit."""
        is_small = held + size <= _SMALL_BYTES
        if self.used + size > (self._limit if is_small else self._limit_of_large):
            return False
        self.used += size
        return True

    def release(self, size: int) -> None:
        """Give back what `take` has counted."""
        self.used -= size
