"""The one timer of a connection."""

import asyncio
from collections.abc import Callable

# Event loops round the time of a timer to milliseconds.
_ROUNDING_S = 0.001


class Deadline:
    """A time that moves with each request, over a timer that rarely does.

    A timer that fires before the deadline is set again for the rest of the time, so
    that a busy connection sets and cancels no timers.
    """

    __slots__ = ("_at_s", "_expired", "_fires_at_s", "_loop", "_timer")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._expired = expired
        self._at_s: float | None = None
        self._fires_at_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        return self._at_s is not None

    def set(self, within_s: float) -> None:
        """Call `expired` in `within_s` seconds, instead of at any earlier deadline."""
        self._at_s = at_s = self._loop.time() + within_s
        if self._timer is None:
            self._start(at_s)
        elif at_s < self._fires_at_s:
            self._timer.cancel()
            self._start(at_s)

    def clear(self) -> None:
        """Expect nothing for now."""
        self._at_s = None

    def close(self) -> None:
        """Cancel the timer, which refers to the connection."""
        self._at_s = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self, at_s: float) -> None:
        self._fires_at_s = at_s
        self._timer = self._loop.call_at(at_s, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._at_s is None:
            return
        if self._at_s - self._loop.time() > _ROUNDING_S:
            self._start(self._at_s)
            return
        self._at_s = None
        self._expired()
