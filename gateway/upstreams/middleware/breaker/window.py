"""The share of recent calls that failed, by a sliding window of ten buckets."""

from typing import Final

_BUCKETS: Final = 10


class FailureWindow:
    """The counts of calls and failures in about the last `window_s` seconds."""

    __slots__ = ("_bucket_s", "_calls", "_failures", "_head")

    def __init__(self, window_s: float) -> None:
        self._bucket_s = window_s / _BUCKETS
        self.clear()

    def clear(self) -> None:
        self._calls = [0] * _BUCKETS
        self._failures = [0] * _BUCKETS
        self._head = 0

    def add(self, *, failed: bool, now_s: float) -> None:
        """Count a call that ended at `now_s`, which must not decrease."""
        head = int(now_s / self._bucket_s)
        if head > self._head:
            self._clear_until(head)
        index = self._head % _BUCKETS
        self._calls[index] += 1
        if failed:
            self._failures[index] += 1

    @property
    def calls(self) -> int:
        return sum(self._calls)

    @property
    def failed_share(self) -> float:
        calls = self.calls
        return sum(self._failures) / calls if calls else 0.0

    def recent(self, now_s: float) -> tuple[int, int]:
        """Return the calls and failures in the window that ends at `now_s`."""
        head = int(now_s / self._bucket_s)
        if head > self._head:
            self._clear_until(head)
        return self.calls, sum(self._failures)

    def _clear_until(self, head: int) -> None:
        for bucket in range(max(self._head, head - _BUCKETS) + 1, head + 1):
            self._calls[bucket % _BUCKETS] = self._failures[bucket % _BUCKETS] = 0
        self._head = head
