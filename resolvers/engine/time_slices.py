"""Turns of threads, of which one computes at a time.

A long preparation must not delay a short one of another client. A thread cannot be
interrupted, so its work offers its turn after each slice of time (`WorkBudget.check`).
Threads that wait take turns in order of arrival (round-robin scheduling).

A thread that does not offer its turn for seconds is stuck, or gets no CPU time. It
loses the turn to the next one, so that one computation cannot block all others.
"""

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Lock
from time import monotonic
from typing import Final

SLICE_S: Final = 0.01
"""A longer slice delays others. A shorter one costs more switches of threads."""
STUCK_S: Final = 5.0
"""The time without an offer after which a thread loses its turn."""


class TimeSlices:
    """The turns of all threads; at most one thread has its turn and is not stuck."""

    def __init__(self, stuck_s: float = STUCK_S) -> None:
        self._stuck_s = stuck_s
        self._lock = Lock()
        self._waiting = deque[Turn]()
        self._current: Turn | None = None
        self._granted_s = 0.0

    @contextmanager
    def turn(self) -> Generator["Turn"]:
        """Wait for a turn, and end it after the block."""
        turn = Turn(self)
        turn.offer()
        try:
            yield turn
        finally:
            self._leave(turn)

    def rejoin(self, turn: "Turn") -> None:
        """Give the turn to the next thread, if one waits, and wait for another turn."""
        with self._lock:
            if self._current is turn and not self._waiting:
                return
            turn.granted.clear()
            self._waiting.append(turn)
            if self._current is turn or self._current is None:
                self._grant_next()
        while not turn.granted.wait(self._stuck_s):
            self._take_from_stuck(turn)

    def _take_from_stuck(self, turn: "Turn") -> None:
        """Take the turn of a stuck thread, if `turn` is the next one."""
        with self._lock:
            is_stuck = monotonic() - self._granted_s >= self._stuck_s
            if is_stuck and self._waiting and self._waiting[0] is turn:
                self._grant_next()

    def _leave(self, turn: "Turn") -> None:
        with self._lock:
            if self._current is turn:
                self._current = None
                if self._waiting:
                    self._grant_next()

    def _grant_next(self) -> None:
        self._current = self._waiting.popleft()
        self._granted_s = monotonic()
        self._current.granted.set()


class Turn:
    """The turn of one thread."""

    __slots__ = ("_ends_s", "_slices", "granted")

    def __init__(self, slices: TimeSlices) -> None:
        self._slices = slices
        self._ends_s = 0.0
        self.granted = Event()

    def offer(self) -> None:
        """Let the other threads compute first if the slice of time is over."""
        if monotonic() >= self._ends_s:
            self._slices.rejoin(self)
            self._ends_s = monotonic() + SLICE_S
