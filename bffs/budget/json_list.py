"""Lists in JSON files that `weir budget` writes, and reads in later runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.json_file import read_json

T = TypeVar("T")


def write_list(file: Path, items: Sequence[object]) -> None:
    """Write items as JSON; raises OSError."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(items)) + b"\n")


def read_list(file: Path, item: type[T], option: str) -> list[T]:
    """Read the items that `option` has written; raises ConfigError."""
    value = read_json(file)
    try:
        return msgspec.convert(value, list[item])  # type: ignore[valid-type]
    except msgspec.ValidationError as error:
        message = f"was not written by `weir budget {option}`: {error}"
        raise ConfigError(Problem(file=str(file), message=message)) from error
