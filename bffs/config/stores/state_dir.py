"""The directory of data that survives a restart: each entry is a file with a checksum.

An entry that is damaged or was written by another version is ignored.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class StateDir:
    """The entries of a folder, by name. Its methods block."""

    folder: Path

    def read(self, name: str) -> bytes | None:
        """Return the content of an entry; None if it is missing or damaged."""
        try:
            head, _, content = (self.folder / name).read_bytes().partition(b"\n")
        except OSError:
            return None
        return content if head == _head(content) else None

    def write(self, name: str, content: bytes) -> None:
        """Replace an entry atomically. Raises OSError without changing it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.folder, prefix=f".{name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_head(content) + b"\n" + content)
                file.flush()
                os.fsync(descriptor)
            Path(temporary).replace(self.folder / name)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _head(content: bytes) -> bytes:
    """Return the first line of a file: the version of its format, and a checksum."""
    head = {"weir_state": _VERSION, "sha256": sha256(content).hexdigest()}
    return json.dumps(head).encode()
