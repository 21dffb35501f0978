"""Which nulls of the response a failure explains.

A client has to tell a null that is data from one that stands for a failure. So every
null that a failure caused gets an error with the path of its field, and null in a
non-null position is an error of its own only where no failure explains it (GraphQL
section 6.4.4).

Failures are known before the response is projected, the nulls that a client sees while
it is. `Coverage` brings them together: reports of failures say which objects lack which
fields, and the projection asks about each null that it meets.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.selected_keys import SelectedKeys

ClientPath: TypeAlias = tuple[str | int, ...]

_TYPENAME = "__typename"

MAX_PATHS = 100
"""Paths that one cause remembers; of further nulls it has the number and the place."""


@dataclass(slots=True)
class Cause:
    """One error in the client's terms, with the paths of the nulls that it explains.

    `above` returns where it stands if it explains no null that the client sees, and
    `count` is the number of errors that it stands for there. Beyond `MAX_PATHS`, `more`
    counts further nulls, all of them below `common`.
    """

    message: str
    extensions: JSONObject
    above: Callable[[], Sequence[ClientPath]]
    count: int = 0
    paths: list[ClientPath] = field(default_factory=list[ClientPath])
    more: int = 0
    common: ClientPath = ()

    def explain(self, path: ClientPath) -> None:
        """Remember that null at `path` has this cause."""
        if len(self.paths) < MAX_PATHS:
            self.paths.append(path)
            return
        if not self.more:
            self.common = path
        elif path[: len(self.common)] != self.common:
            self.common = common_prefix((self.common, path))
        self.more += 1


class LostFields(NamedTuple):
    """Fields that an object lacks, by canonical key, and why.

    With `nulls`, null that stands in such a field is explained as well: otherwise only
    a field that is absent is.
    """

    keys: frozenset[str]
    cause: Cause
    nulls: bool


@dataclass(slots=True)
class Coverage:
    """What failures explain.

    `lost` are the fields that objects of the response lack, by the identity of the
    object. Errors stand at each path of `errors` already: they explain null there and
    below, and `above`, where null may have climbed to.
    """

    lost: dict[int, list[LostFields]] = field(
        default_factory=dict[int, list[LostFields]]
    )
    errors: set[ClientPath] = field(default_factory=set[ClientPath])
    above: set[ClientPath] = field(default_factory=set[ClientPath])

    def lose(
        self,
        values: Iterable[JSONObject],
        selected: SelectedKeys,
        cause: Cause,
        *,
        nulls: bool = False,
    ) -> None:
        """Let `cause` explain what is missing of what was selected of objects."""
        for value in values:
            for each, keys in selected.of(value):
                fields = LostFields(keys, cause, nulls)
                self.lost.setdefault(id(each), []).append(fields)

    def lose_field(self, value: JSONObject, key: str, cause: Cause) -> None:
        """Let `cause` explain null in one field of an object."""
        fields = LostFields(frozenset((key,)), cause, nulls=True)
        self.lost.setdefault(id(value), []).append(fields)

    def add_errors(self, paths: Iterable[ClientPath]) -> None:
        """Add the paths of errors that the client gets in any case."""
        for path in paths:
            self.errors.add(path)
            self.above.update(path[:end] for end in range(len(path)))

    def cause_of(self, value: JSONObject, key: str) -> Cause | None:
        """Return why an object has no value in a field; None if that is data.

        Fields of an object whose type is not known are not fetched, for lack of it.
        """
        lost = self.lost.get(id(value), ())
        is_absent = key not in value
        for fields in lost:
            if key in fields.keys and (fields.nulls or is_absent):
                return fields.cause
        if is_absent and _TYPENAME not in value:
            for fields in lost:
                if _TYPENAME in fields.keys:
                    return fields.cause
        return None

    def explains(self, path: ClientPath, value: JSONObject | None, key: str) -> bool:
        """Return whether a failure is the reason of null at `path`; note it if so.

        `value` is the object whose field `key` it is; None for an item of a list.
        """
        if self.errors and (path in self.above or self._is_below_an_error(path)):
            return True
        cause = self.cause_of(value, key) if value is not None else None
        if cause is None:
            return False
        cause.explain(path)
        return True

    def _is_below_an_error(self, path: ClientPath) -> bool:
        return any(path[:end] in self.errors for end in range(len(path) + 1))


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
