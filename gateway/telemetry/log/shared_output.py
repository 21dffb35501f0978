"""An output that several processes write to, one batch at a time.

The kernel writes up to 4 KiB to a pipe at once. A longer batch could have lines of
other processes in the middle of its own.
"""

import fcntl
import os
from contextlib import suppress


class SharedOutput:
    """A descriptor that is locked during each batch; the lock ends with its process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __call__(self, batch: memoryview) -> int:
        """Write a whole batch, and return its length; raise OSError."""
        with suppress(OSError):  # a system that does not lock pipes
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX)
        try:
            rest = batch
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            return len(batch)
        finally:
            with suppress(OSError):
                fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
