"""The board: shared memory in which each worker writes its connections and its beat.

Each process writes to its own slot and reads the others, without a lock. A value has
eight bytes, which the processors write at once.
"""

import mmap
import os
import tempfile
from typing import Final

from weir.gateway.clock import Clock, SystemClock

_VALUES: Final = 2
_SIZE: Final = _VALUES * 8
_NOT_ACCEPTING: Final = -1.0
LEAD: Final = 2
"""A worker accepts while it has this many connections more than the one with least."""
_FRESH_S: Final = 1.0
"""A worker whose loop has not run for this long does not hold back the others."""


class Board:
    """The slots of all workers, in a file that exists in memory only."""

    def __init__(self, file: int, slots: int, clock: Clock) -> None:
        self._clock = clock
        self.file: Final = file
        self.slots: Final = slots
        self._memory = mmap.mmap(file, slots * _SIZE)
        self._values = memoryview(self._memory).cast("d")

    @classmethod
    def create(cls, slots: int, clock: Clock | None = None) -> "Board":
        """Return a new board; its slots are empty."""
        file = _memory_file()
        os.ftruncate(file, slots * _SIZE)
        board = cls(file, slots, clock or SystemClock())
        for slot in range(slots):
            board.clear(slot)
        return board

    @classmethod
    def of(cls, file: int) -> "Board":
        """Return the board that another process has created."""
        return cls(file, os.fstat(file).st_size // _SIZE, SystemClock())

    def close(self) -> None:
        """Release the memory."""
        self._values.release()
        self._memory.close()
        os.close(self.file)

    def clear(self, slot: int) -> None:
        """Empty the slot of a process that has ended, or that is about to start."""
        self.set_connections(slot, _NOT_ACCEPTING)
        self.beat(slot)

    def beat(self, slot: int) -> None:
        """Note that the event loop of a worker runs."""
        self._values[slot * _VALUES] = self._clock.monotonic_s()

    def set_connections(self, slot: int, connections: float) -> None:
        """Publish the number of open connections of a worker that accepts."""
        self._values[slot * _VALUES + 1] = connections

    def leave(self, slot: int) -> None:
        """Note that a worker accepts no further connection."""
        self.set_connections(slot, _NOT_ACCEPTING)

    def silent_s(self, slot: int) -> float:
        """Return the seconds since the event loop of a worker has run."""
        return self._clock.monotonic_s() - self._values[slot * _VALUES]

    def may_accept(self, slot: int) -> bool:
        """Return whether a worker has few enough connections to take one more."""
        values = self._values
        own = values[slot * _VALUES + 1]
        fresh_s = self._clock.monotonic_s() - _FRESH_S
        for i in range(0, len(values), _VALUES):
            if 0 <= values[i + 1] < own - LEAD and values[i] >= fresh_s:
                return False
        return True


class SlotShare:
    """The share of the worker in a slot in the connections of the listening socket."""

    def __init__(self, board: Board, slot: int) -> None:
        self._board = board
        self._slot = slot
        self._left = False

    def may_accept(self) -> bool:
        return self._board.may_accept(self._slot)

    def count(self, connections: int) -> None:
        if not self._left:
            self._board.set_connections(self._slot, connections)

    def leave(self) -> None:
        """Hold back no other worker from now on."""
        self._left = True
        self._board.leave(self._slot)


def _memory_file() -> int:
    try:
        return os.memfd_create("weir-workers")
    except AttributeError:  # macOS
        with tempfile.TemporaryFile() as file:
            return os.dup(file.fileno())
