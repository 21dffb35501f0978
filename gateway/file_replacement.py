"""Atomic replacement of a file: readers see the old text or the new one.

Symbolic links are followed, and the target is replaced. It retains its mode and, if the
process has the permission, its owner.
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_IMODE
from typing import Final

_LOCK_WAIT_S: Final = 5.0
_LOCK_POLL_S: Final = 0.01


class FileChanged(Exception):
    """The file differs from the expected one, or others replace files beside it."""


def replace_text(file: Path, text: str, expected: Callable[[bytes], bool]) -> None:
    """Replace the text of `file`, durably, if its content is as `expected`.

    It blocks, for up to 5 seconds while another file of the folder is replaced. Raises
    FileChanged or OSError; the file is then as it was.
    """
    target = file.resolve(strict=True)
    with _locked(target.parent) as folder:
        if not expected(target.read_bytes()):
            raise FileChanged
        new = _new_file(target, text.encode())
        try:
            # The target of a link may have changed meanwhile (`..data` in Kubernetes).
            if file.resolve() != target:
                raise FileChanged
            new.replace(target)
        finally:
            new.unlink(missing_ok=True)
        os.fsync(folder)


@contextmanager
def _locked(folder: Path) -> Generator[int]:
    """Lock the folder against other gateways; yield its descriptor."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system has locks
            _lock(descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Wait until the folder is free, as another of its files may be replaced."""
    until_s = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until_s:
                raise FileChanged from error
            time.sleep(_LOCK_POLL_S)
        else:
            return


def _new_file(target: Path, content: bytes) -> Path:
    """Write `content` to a file beside `target`, with its mode and owner."""
    # Readable by this user only, until the mode is copied.
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            _copy_owner_and_mode(target, descriptor)
            os.fsync(descriptor)
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)


def _copy_owner_and_mode(target: Path, descriptor: int) -> None:
    before = target.stat()
    for owner in ((-1, before.st_gid), (before.st_uid, -1)):
        with suppress(PermissionError):
            os.fchown(descriptor, *owner)
    os.fchmod(descriptor, S_IMODE(before.st_mode))
