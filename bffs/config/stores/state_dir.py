"""The directory of what survives a restart: each entry a file with its checksum.

An entry that was damaged or written by another version is as if it were not there.
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
    """Reads and writes entries by name. Its methods block."""

    folder: Path

    def read(self, name: str) -> bytes | None:
        """Return the content of an entry; None where it is missing or damaged."""
        try:
            head, _, content = (self.folder / name).read_bytes().partition(b"\n")
        except OSError:
            return None
        return content if head == _head(content) else None

    def write(self, name: str, content: bytes) -> None:
        """Replace an entry as a whole; raises OSError, and the entry is as before."""
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
