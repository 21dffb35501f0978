"""Generated functions as Python modules in a folder, compiled before they are needed.

The name of a module is the hash of its text. So a text is never run in place of another
one, and equal functions of several plans are one module. The byte code is in
`__pycache__`, as that of any module, with the minor version of Python in its name.
"""

import py_compile
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Final

_PREFIX: Final = "code_"
_DAMAGED: Final = (EOFError, ImportError, SystemError, TypeError, ValueError)
"""The errors of Python for byte code that is cut off, or that it has not written."""
_CHECKED: Final = py_compile.PycInvalidationMode.CHECKED_HASH


@dataclass(frozen=True, slots=True)
class CodeFolder:
    """The modules in a folder."""

    folder: Path

    def find(self, text: str) -> CodeType | None:
        """Return the compiled module with this text, or None if there is none.

        Damaged byte code counts as none.
        """
        file = self._file(text)
        try:
            if file.read_text(encoding="utf-8") != text:
                return None
        except (OSError, UnicodeDecodeError):
            return None
        try:
            return SourceFileLoader(file.stem, str(file)).get_code(file.stem)
        except _DAMAGED:
            return None

    def write(self, texts: Iterable[str]) -> int:
        """Write and compile modules, and remove all others; return their number.

        Raises OSError.
        """
        files = {self._file(text): text for text in texts}
        for file, text in files.items():
            file.write_text(text, encoding="utf-8")
            py_compile.compile(str(file), doraise=True, invalidation_mode=_CHECKED)
        names = {file.stem for file in files}
        for old in (*self.folder.glob(f"{_PREFIX}*.py"), *self._byte_code()):
            if old.name.partition(".")[0] not in names:
                old.unlink()
        return len(files)

    def _byte_code(self) -> Iterable[Path]:
        return (self.folder / "__pycache__").glob(f"{_PREFIX}*.pyc")

    def _file(self, text: str) -> Path:
        digest = blake2b(text.encode(), digest_size=16).hexdigest()
        return self.folder / f"{_PREFIX}{digest}.py"
