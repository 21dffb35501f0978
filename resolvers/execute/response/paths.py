"""Paths in the client's response."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import takewhile
from typing import TypeAlias

ClientPath: TypeAlias = tuple[str | int, ...]

LinkedPath: TypeAlias = "tuple[LinkedPath, str | int] | None"
"""A path as a chain towards the root; converted to a tuple only for an error."""


def client_path(path: LinkedPath) -> ClientPath:
    """Convert a chain to the path from the root."""
    segments: list[str | int] = []
    while path is not None:
        path, segment = path
        segments.append(segment)
    segments.reverse()
    return tuple(segments)


def is_below(path: ClientPath, ends: AbstractSet[ClientPath]) -> bool:
    """Return whether a path begins with one of `ends`."""
    return any(path[:end] in ends for end in range(len(path) + 1))


def common_prefix(paths: Sequence[ClientPath]) -> ClientPath:
    """Return the longest path that leads to all of `paths`."""
    if not paths:
        return ()
    first, last = min(paths, key=_ordered), max(paths, key=_ordered)
    same = (one == other for one, other in zip(first, last, strict=False))
    return first[: sum(takewhile(bool, same))]


def _ordered(path: ClientPath) -> list[tuple[bool, str | int]]:
    # A path between the first and the last path in order has their common prefix.
    return [(isinstance(segment, str), segment) for segment in path]
