"""Files that others write, of which no more is read than a limit allows."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


class UnreadableFile(Exception):
    """A file that cannot be read, or is too large: its path, and the `reason`."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file} {reason}")
        self.reason = reason


def read_file(file: Path, max_bytes: int) -> bytes:
    """Return the content of a file; raise UnreadableFile.

    The cause of the error is the OSError, if there is one.
    """
    try:
        with open_file(file) as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise UnreadableFile(file, f"cannot be read: {error.strerror}") from error
    if len(content) > max_bytes:
        raise UnreadableFile(file, f"is larger than {max_bytes} bytes")
    return content


def open_file(file: Path) -> BinaryIO:
    """Open a file for reading; raise OSError, also for a pipe or a device.

    The opening and reading of those could wait forever.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))
    raise OSError(errno.EINVAL, "it is not a regular file", str(file))


def check_files(*files: str) -> None:
    """Raise OSError for a file that a library could not open, or would wait for."""
    for file in filter(None, files):
        open_file(Path(file)).close()
