"""Versions of files, which show a change without reading the files."""

from pathlib import Path
from typing import TypeAlias

FileVersion: TypeAlias = tuple[int, int, int]
"""The inode, the size, and the time of the last change in nanoseconds."""

_MISSING: FileVersion = (0, 0, 0)


def file_version(file: Path) -> FileVersion:
    """Return the version of a file, which is also one if the file cannot be found.

    A file that was replaced by a link or a rename has another inode, although the new
    one may be as old and as long.
    """
    try:
        found = file.stat()
    except OSError:
        return _MISSING
    return found.st_ino, found.st_size, found.st_mtime_ns
