"""The nulls of the response that a failure explains.

A client has to distinguish a null that is data from one that is a failure. So each null
that a failure caused gets an error with the path of its field. A null in a non-null
position only gets its own error if no failure explains it (GraphQL §6.4.4).

Failures are known before the projection of the response, and the client's nulls during
it. `Coverage` combines them: failures add the objects and fields that they lack, and
the projection looks up each null.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.response.paths import ClientPath, common_prefix
from weir.resolvers.execute.response.selected_keys import SelectedKeys

_TYPENAME = "__typename"

MAX_PATHS = 100
"""The limit of paths of one cause. It only counts further nulls below a common path."""


@dataclass(slots=True)
class Cause:
    """One error in the client's terms, with the paths of the nulls that it explains.

    `above` returns its path if it explains no null that the client sees, and `count` is
    the number of errors that it represents there. Beyond `MAX_PATHS`, `more` counts
    further nulls, all of them below `common`. If it `is_degraded`, a field has a value
    in place of a null that it explains. If it `is_stale`, fields have values of an
    earlier response.
    """

    message: str
    extensions: JSONObject
    above: Callable[[], Sequence[ClientPath]]
    count: int = 0
    paths: list[ClientPath] = field(default_factory=list[ClientPath])
    more: int = 0
    common: ClientPath = ()
    is_degraded: bool = False
    is_stale: bool = False

    def explain(self, path: ClientPath) -> None:
        """Record that null at `path` has this cause."""
        if len(self.paths) < MAX_PATHS:
            self.paths.append(path)
            return
        if not self.more:
            self.common = path
        elif path[: len(self.common)] != self.common:
            self.common = common_prefix((self.common, path))
        self.more += 1

    def retract(self) -> None:
        """Take back the last null, above which a field has a value after all."""
        self.is_degraded = True
        if self.more:
            self.more -= 1
        elif self.paths:
            self.paths.pop()


class LostFields(NamedTuple):
    """The fields that an object lacks, by canonical key, and the cause.

    With `nulls`, the cause also explains a field that is null, otherwise only a field
    that is absent.
    """

    keys: frozenset[str]
    cause: Cause
    nulls: bool


class Explanation(NamedTuple):
    """The cause of a null; it `has_error` if the client gets one in any case."""

    cause: Cause
    has_error: bool


@dataclass(slots=True)
class Coverage:
    """The nulls that failures explain.

    `lost` has the fields that objects of the response lack, by the identity of the
    object, and `items` the causes of null items, by the identity of the list. `errors`
    are the causes at the paths that have errors already. These explain null at the
    path, below it, and `above` it, since null propagates to a nullable parent.
    """

    lost: dict[int, list[LostFields]] = field(
        default_factory=dict[int, list[LostFields]]
    )
    items: dict[int, Cause] = field(default_factory=dict[int, Cause])
    errors: dict[ClientPath, Cause] = field(default_factory=dict[ClientPath, Cause])
    above: dict[ClientPath, Cause] = field(default_factory=dict[ClientPath, Cause])

    def lose(
        self,
        values: Iterable[JSONValue],
        selected: SelectedKeys,
        cause: Cause,
        *,
        nulls: bool = False,
    ) -> None:
        """Let `cause` explain the selected fields that objects lack.

        With `nulls`, it also explains fields and items of lists that are null.
        """
        for value in values:
            if nulls:
                self._lose_items(value, cause)
            for each, keys in selected.of(value):
                fields = LostFields(keys, cause, nulls)
                self.lost.setdefault(id(each), []).append(fields)
                if nulls:
                    for key in keys:
                        self._lose_items(each.get(key), cause)

    def _lose_items(self, value: JSONValue, cause: Cause) -> None:
        """Let `cause` explain null items of a list, and of the lists in it."""
        pending = [value]
        while pending:
            found = pending.pop()
            if found.__class__ is list:
                self.items.setdefault(id(found), cause)
                pending += [each for each in found if each.__class__ is list]

    def lose_field(self, value: JSONObject, key: str, cause: Cause) -> None:
        """Let `cause` explain null in one field of an object."""
        fields = LostFields(frozenset((key,)), cause, nulls=True)
        self.lost.setdefault(id(value), []).append(fields)

    def add_errors(self, paths: Iterable[ClientPath], cause: Cause) -> None:
        """Add the paths of errors that the client gets in any case."""
        for path in paths:
            self.errors.setdefault(path, cause)
            for end in range(len(path)):
                self.above.setdefault(path[:end], cause)

    def cause_of(self, value: JSONObject, key: str) -> Cause | None:
        """Return the cause of an object's missing field; None if null is data.

        The fields of an object without a known type are not fetched.
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

    def explanation(
        self, path: ClientPath, value: JSONObject | list[JSONValue], key: str
    ) -> "Explanation | None":
        """Return the failure that is the cause of null at `path`, if there is one.

        `value` is the object with the field `key`, or the list with the item.
        """
        if self.errors and (cause := self._at_an_error(path)) is not None:
            return Explanation(cause, has_error=True)
        if isinstance(value, list):
            cause = self.items.get(id(value))
        else:
            cause = self.cause_of(value, key)
        return None if cause is None else Explanation(cause, has_error=False)

    def _at_an_error(self, path: ClientPath) -> Cause | None:
        above = self.above.get(path)
        if above is not None:
            return above
        prefixes = (path[:end] for end in range(len(path) + 1))
        return next(
            (self.errors[each] for each in prefixes if each in self.errors), None
        )
