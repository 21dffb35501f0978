"""Turns of threads, of which one computes at a time.

A long preparation must not delay a short one of another client. A thread cannot be
interrupted, so its work offers its turn after each slice of time (`WorkBudget.check`).
Threads that wait take turns in order of arrival (round-robin scheduling).
"""

from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from threading import Event, Lock
from time import monotonic
from typing import Final

SLICE_S: Final = 0.01
"""A longer slice delays others. A shorter one costs more switches of threads."""


class TimeSlices:
    """The turns of all threads; at most one thread has its turn."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting = deque[Event]()
        self._is_taken = False

    @contextmanager
    def turn(self) -> Generator["Turn"]:
        """Wait for a turn, and end it after the block."""
        self._join()
        try:
            yield Turn(self)
        finally:
            self._leave()

    def rejoin(self) -> None:
        """Give the turn to the next thread, if one waits, and wait for another turn."""
        with self._lock:
            if not self._waiting:
                return
            granted = self._wait()
            self._waiting.popleft().set()
        granted.wait()

    def _join(self) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            granted = self._wait()
        granted.wait()

    def _leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False

    def _wait(self) -> Event:
        granted = Event()
        self._waiting.append(granted)
        return granted


class Turn:
    """The turn of one thread."""

    __slots__ = ("_ends_s", "_slices")

    def __init__(self, slices: TimeSlices) -> None:
        self._slices = slices
        self._ends_s = monotonic() + SLICE_S

    def offer(self) -> None:
        """Let the other threads compute first if the slice of time is over."""
        if monotonic() >= self._ends_s:
            self._slices.rejoin()
            self._ends_s = monotonic() + SLICE_S
