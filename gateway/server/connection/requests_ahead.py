"""Bytes that a client has sent behind a request that is still in progress."""

from collections import deque

from weir.gateway.server.connection.memory_budget import MemoryBudget


class RequestsAhead:
    """The segments that wait, in order; `size` is the number of their bytes."""

    __slots__ = ("_budget", "_segments", "_start", "size")

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._segments: deque[bytes] = deque()
        self._start = 0
        self.size = 0

    def add(self, data: bytes, start: int = 0) -> bool:
        """Add the bytes from `start` on, unless they do not fit into the budget.

        The whole of `data` is counted, as it remains in memory.
        """
        if not self._budget.take(len(data), self.size):
            return False
        if not self._segments:
            self._start = start
        self._segments.append(data)
        self.size += len(data)
        return True

    def first(self) -> tuple[bytes, int]:
        """Return the first segment, and the position of its next byte."""
        return self._segments[0], self._start

    def consume(self, end: int) -> None:
        """Drop the first segment up to `end`."""
        self._start = end
        if end == len(self._segments[0]):
            self._start = 0
            self._release(len(self._segments.popleft()))

    def take(self) -> bytes:
        """Return all bytes, and hold none."""
        data = b"".join(self._segments)[self._start :]
        self._segments.clear()
        self._start = 0
        self._release(self.size)
        return data

    def _release(self, size: int) -> None:
        self.size -= size
        self._budget.release(size)
