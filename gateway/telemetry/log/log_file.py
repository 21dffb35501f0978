"""A file that lines are appended to, also after a rotation."""

import os
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
_MODE: Final = 0o600
"""The lines name persons."""


class LogFile:
    """A file that is opened again once its name belongs to another file.

    It may be a named pipe with a reader. The constructor and `write` raise OSError.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = _opened(path)

    def write(self, lines: memoryview) -> int:
        """Append a part of `lines`; return its length."""
        if self._is_rotated():
            opened, before = _opened(self._path), self._descriptor
            self._descriptor = opened
            os.close(before)
        return os.write(self._descriptor, lines)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _is_rotated(self) -> bool:
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return True
        return not os.path.samestat(named, os.fstat(self._descriptor))


def _opened(path: Path) -> int:
    # Without the flag, a named pipe that has no reader would wait for one.
    descriptor = os.open(path, _FLAGS | os.O_NONBLOCK, _MODE)
    os.set_blocking(descriptor, True)
    return descriptor
