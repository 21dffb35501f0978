"""Lines to a file or a pipe, written by a thread, so that no reader stalls the loop.

A write to a pipe blocks when its reader is slow, and the event loop with it. Lines are
collected and a thread writes them in batches. The number of waiting lines is bounded:
further ones are dropped and counted, and the count is written. So are lines that
cannot be written, such as those for a disk that is full.

No lock: the deque is safe between one writer and one reader, and every number is
written by one thread alone.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

# Long enough that one system call writes many lines, short enough to follow a log.
_BATCH_S = 0.05
_MAX_PENDING_BYTES = 16 * 1024 * 1024
_CLOSE_WAIT_S = 2.0

Output: TypeAlias = Callable[[memoryview], int]
"""A function that may block, writes a part, and returns its length; or OSError."""


class LineWriter:
    """A writer of lines in order; `write` is called by one thread and never blocks."""

    def __init__(self, output: Output, max_pending: int = _MAX_PENDING_BYTES) -> None:
        self._output = output
        self._max_pending = max_pending
        self._lines: deque[bytes] = deque()
        self._queued = 0
        self._written = 0
        self._dropped = 0
        self._failed = 0
        self._reported = 0
        self._is_torn = False
        self._awake = False
        self._wake = threading.Event()
        self._closing = False
        # A daemon: the process must end although its reader is stuck.
        self._thread = threading.Thread(
            target=self._run, name="weir-log-writer", daemon=True
        )
        self._thread.start()

    @property
    def pending(self) -> int:
        """Bytes that wait for their reader."""
        return self._queued - self._written

    @property
    def dropped(self) -> int:
        """The number of lines that were not written, and never will be."""
        return self._dropped + self._failed

    def write(self, line: bytes) -> None:
        """Queue one line, given without its newline."""
        size = len(line) + 1
        if self.pending + size > self._max_pending:
            self._dropped += 1
            return
        self._lines.append(line)
        self._queued += size
        if not self._awake:
            self._awake = True
            self._wake.set()

    def close(self) -> bool:
        """Write what is queued; wait two seconds at most for a slow reader.

        Return whether the output is not used any more.
        """
        self._closing = True
        self._wake.set()
        self._thread.join(_CLOSE_WAIT_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait()
            self._wake.clear()
            if not self._closing:
                time.sleep(_BATCH_S)
            # Before the batch is taken, so that a later line wakes this thread again.
            self._awake = False
            self._write_batch()
        self._write_batch()

    def _write_batch(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        count, size = len(lines), sum(map(len, lines)) + len(lines)
        dropped = self.dropped - self._reported
        if dropped:
            lines.append(
                b'{"level":"warning","event":"log_lines_dropped","count":%d}' % dropped
            )
        if self._is_torn:
            lines.insert(0, b"")
        if self._write_all(b"\n".join([*lines, b""])):
            self._reported += dropped
        else:
            self._failed += count
        self._written += size

    def _write_all(self, batch: bytes) -> bool:
        view = memoryview(batch)
        try:
            while view:
                view = view[self._output(view) :]
                self._is_torn = True
        except OSError:
            # A gateway without a reader of its log continues to serve.
            return False
        self._is_torn = False
        return True
