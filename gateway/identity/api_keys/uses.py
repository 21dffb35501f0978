"""The times of the last uses of API keys, in a file beside that of the keys.

    api-keys.json    api-keys.used

All processes of a gateway write to the same file. Each merges what it knows into what
is there: the latest time of each key remains.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from weir.gateway.bounded_file import UnreadableFile, read_file
from weir.gateway.file_replacement import replace_text

_MAX_BYTES: Final = 16 * 1024 * 1024
_MINUTE_S: Final = 60

Uses = Mapping[str, int]
"""Seconds since 1970 of the last use of each key, by id, in whole minutes."""


def uses_file(keys: Path) -> Path:
    """Return the file with the uses of the keys of a file."""
    return keys.with_suffix(".used")


def minute_of(now_s: float) -> int:
    """Return the beginning of the minute of seconds since 1970."""
    return int(now_s) // _MINUTE_S * _MINUTE_S


def read_uses(file: Path) -> Uses:
    """Return the uses in a file; a file that is missing or damaged has none."""
    with suppress(UnreadableFile, msgspec.MsgspecError):
        return msgspec.json.decode(read_file(file, _MAX_BYTES), type=dict[str, int])
    return {}


def write_uses(file: Path, uses: Uses, ids: Collection[str]) -> None:
    """Merge uses into a file, without those of keys other than `ids`.

    Raises FileChanged if another process writes it at the same time, or OSError.
    """
    if not file.exists():
        file.touch(mode=0o600)
    before = file.read_bytes()
    known = read_uses(file)
    latest = {
        key: max(known.get(key, 0), uses.get(key, 0))
        for key in sorted({*known, *uses} & set(ids))
    }
    text = msgspec.json.encode(latest).decode() + "\n"
    replace_text(file, text, lambda content: content == before)
