"""What is known to have failed, by client path: which nulls are explained by it.

Null in a non-null position is an error of its own only where no other error tells why
(GraphQL section 6.4.4), and a null is *missing* data, rather than data, only where an
error does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TypeAlias

ClientPath: TypeAlias = tuple[str | int, ...]


@dataclass(slots=True)
class Failures:
    """The places that errors speak of.

    `fields` failed themselves, with all that is below; of `objects` a fetch failed,
    so that what is absent below them is missing, and what is null is null.
    """

    fields: set[ClientPath] = field(default_factory=set[ClientPath])
    objects: set[ClientPath] = field(default_factory=set[ClientPath])

    def __bool__(self) -> bool:
        return bool(self.fields or self.objects)

    def explain(self, path: ClientPath, *, absent: bool) -> bool:
        """Say whether there is no value at `path` because something failed."""
        return _covers(self.fields, path) or (absent and _covers(self.objects, path))


def _covers(places: set[ClientPath], path: ClientPath) -> bool:
    return bool(places) and any(path[:end] in places for end in range(len(path) + 1))


def common_prefix(paths: Sequence[ClientPath]) -> ClientPath:
    """Return the longest path that leads to all of `paths`."""
    if not paths:
        return ()
    first, last = min(paths, key=_ordered), max(paths, key=_ordered)
    same = (one == other for one, other in zip(first, last, strict=False))
    return first[: sum(takewhile(bool, same))]


def _ordered(path: ClientPath) -> list[tuple[bool, str | int]]:
    # What lies between the first and the last path in order begins as both do.
    return [(isinstance(segment, str), segment) for segment in path]
