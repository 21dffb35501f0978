"""The position of a value: in the data by its keys, in the file by line and column."""

from dataclasses import dataclass
from typing import TypeAlias

DataPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, from 1."""

    line: int
    column: int
