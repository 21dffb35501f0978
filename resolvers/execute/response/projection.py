"""The projection of the merged response to the client's operation.

The merged response has canonical keys, additional fields (keys, required fields), and
unchecked values from subgraphs. The selections of the client, as positions with the
types of its schema, select, name and order the fields, and check that each value fits
its type. Types and enum values that services declare and the client's schema hides
become null. Null in a non-null position propagates to the nearest nullable parent
(GraphQL §6.4.4).
"""

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.errors import SubgraphError
from weir.resolvers.execute.response.coverage import Coverage
from weir.resolvers.execute.response.field_rules import Fails, StandIn
from weir.resolvers.execute.response.paths import (
    ClientPath,
    LinkedPath,
    client_path,
    common_prefix,
    is_below,
)
from weir.resolvers.execute.response.positions import (
    ObjectSelection,
    Position,
    RefusedField,
)
from weir.resolvers.execute.response.scalars import json_size
from weir.resolvers.execute.response.size import most_values
from weir.resolvers.operation.work import WorkBudget

MAX_ERRORS = 100
"""The limit of single errors of one projection."""
_VALUES_AT_ONCE: Final = 2000
"""Values of about a millisecond."""


class TooManyValues(Exception):
    """A projection has more values than it may."""


class ResponseFails(Exception):
    """A field failed whose rule is to fail the whole response."""


class _Recorded(Protocol):
    """A record of failures that can take back the last one."""

    def retract(self) -> None: ...


class Projector(Struct, eq=False):
    """One projection of one response, with the errors that it finds.

    `coverage` has the nulls that failures explain. It is missing without failures.
    `values` counts the fields of objects and the items of lists. `work` lets others
    compute from time to time. `degraded_paths` are those of failing fields that have a
    value in place of null.
    """

    _coverage: Coverage | None
    _most_values: int
    _work: WorkBudget
    values: int = 0
    check_at: int = _VALUES_AT_ONCE
    _climbing: bool = False
    _misfits: "_Errors | None" = None
    _refusals: "_Errors | None" = None
    _degraded: "_Errors | None" = None
    degraded_paths: set[ClientPath] = set()
    _latest: _Recorded | None = None
    _why: tuple[str, JSONObject] = ("", {})
    _values_of: dict[int, int | None] = {}

    def __post_init__(self) -> None:
        if self._most_values < _VALUES_AT_ONCE:
            self.check_at = self._most_values

    def errors(self) -> Sequence[JSONObject]:
        """Return all errors: of invalid values, and of refused fields."""
        refusals = self._refusals
        if refusals is None:
            return self.misfits() if self._misfits else ()
        return [*self.misfits(), *refusals.all("More fields are refused.")]

    def misfits(self) -> Sequence[JSONObject]:
        """Return the errors of invalid values up to the limit, and one for the rest."""
        if self._misfits is None:
            return ()
        found = self._misfits.all("More values do not fit their types.")
        degraded = self.degraded_paths
        if not degraded:
            return found
        return [each for each in found if not is_below(tuple(each["path"]), degraded)]

    def degraded(self) -> Sequence[JSONObject]:
        """Return the failures of fields that have a value in place of null."""
        degraded = self._degraded
        return degraded.all("More fields have a value in place.") if degraded else ()

    def show(
        self, selection: ObjectSelection, source: JSONObject, path: LinkedPath
    ) -> JSONObject | None:
        """Project an object; return None if null propagates to it.

        Raises `TooManyValues` or `Cancelled`.
        """
        # Not a call of `count`: this is done for every object.
        self.values += len(selection.template)
        if self.values > self._most_values:
            raise TooManyValues
        if selection.refused and not self._may_show(selection.refused, path):
            return None
        shown = selection.template.copy()
        for response_key, key, exact_types, position in selection.fields:
            value = source.get(key)
            if value.__class__ in exact_types:
                shown[response_key] = value
                continue
            here = (path, response_key)
            if value is not None:
                value = position.kind.project(value, position, here, self)
            if value is not None:
                shown[response_key] = value
            elif not self._shows_null(position, here, source, key, shown):
                return None
        return shown

    def count(self, values: int) -> None:
        """Count values before they are projected.

        Raises `TooManyValues` or `Cancelled`.
        """
        self.values += values
        if self.values > self.check_at:
            self.check()

    def check(self) -> None:
        """Raise `TooManyValues` or `Cancelled` if it is time for it."""
        if self.values > self._most_values:
            raise TooManyValues
        self._work.check()
        self.check_at = min(self.values + _VALUES_AT_ONCE, self._most_values)

    def values_of(self, value: JSONValue) -> int | None:
        """Return how many values an object or a list counts as, by its size.

        None if it cannot be written as JSON.
        """
        known = self._values_of.get(id(value), -1)
        if known != -1:
            return known
        size = json_size(value)
        values = None if size is None else most_values(size)
        self._values_of[id(value)] = values
        return values

    def _may_show(self, refused: Sequence[RefusedField], path: LinkedPath) -> bool:
        """Report refused fields; return whether all of them are nullable."""
        if self._refusals is None:
            self._refusals = _Errors()
        for field in refused:
            here = (path, field.response_key)
            self._refusals.add(field.message, field.extensions, here)
            if not field.nullable:
                self._note(None, field.message, field.extensions)
                self._climbing = True
                return False
        return True

    def misfit(self, position: Position, path: LinkedPath) -> None:
        """Report a value that does not fit its type, and becomes null."""
        self._climbing = True
        self._report(f"The value of {position.coordinate} does not fit its type.", path)

    def undeclared(self, what: str, position: Position, path: LinkedPath) -> None:
        """Report an enum value or an object type that no service declares."""
        self._climbing = True
        coordinate = position.coordinate
        self._report(f"The {what} of {coordinate} is not declared by a service.", path)

    def may_be_null(
        self,
        position: Position,
        path: LinkedPath,
        source: JSONObject | list[JSONValue],
        key: str = "",
    ) -> bool:
        """Return whether null is allowed in a position, and record its cause.

        `source` is the object with the field `key`, or the list with the item. Null
        that is not allowed, and that no failure explains, is an error of its own.
        """
        if position.nullable and not self._climbing and self._coverage is None:
            return True
        explained = self._climbing or self._explain(path, source, key)
        self._climbing = not position.nullable
        if not position.nullable and not explained:
            self._report_null(position, path)
        return position.nullable

    def _shows_null(
        self,
        position: Position,
        here: tuple[LinkedPath, str],
        source: JSONObject,
        key: str,
        shown: JSONObject,
    ) -> bool:
        """Return whether a field may be null, or has a value in its place."""
        if position.nullable and self._coverage is None and not self._climbing:
            return True
        stand_in = self._stand_in(position, here, source, key)
        if stand_in is None:
            return self.may_be_null(position, here, source, key)
        shown[here[1]] = stand_in.value
        return True

    def _stand_in(
        self, position: Position, path: LinkedPath, source: JSONObject, key: str
    ) -> StandIn | None:
        """Return what a failing field has in place of null, and record it.

        None if null is data, or if the field has no rule. Raises `ResponseFails`.
        """
        rule = position.degraded
        if rule is None:
            return None
        if not self._climbing and not self._explain(path, source, key):
            if position.nullable:
                return None
            self._report_null(position, path)
        if isinstance(rule, Fails):
            raise ResponseFails
        if self._latest is not None:
            self._latest.retract()
        self._climbing = False
        self.degraded_paths.add(client_path(path))
        if self._degraded is None:
            self._degraded = _Errors()
        message, extensions = self._why
        self._degraded.add(message, {**extensions, "becomes": "value"}, path)
        return rule

    def _explain(
        self, path: LinkedPath, source: JSONObject | list[JSONValue], key: str
    ) -> bool:
        """Return whether a failure is the cause of null at `path`, and record it."""
        if self._coverage is None:
            return False
        at = client_path(path)
        found = self._coverage.explanation(at, source, key)
        if found is None:
            return False
        cause = found.cause
        if not found.has_error:
            cause.explain(at)
        self._note(None if found.has_error else cause, cause.message, cause.extensions)
        return True

    def _report_null(self, position: Position, path: LinkedPath) -> None:
        coordinate = position.coordinate
        message = f"Cannot return null for non-nullable field {coordinate}."
        self._report(message, path)

    def _report(self, message: str, path: LinkedPath) -> None:
        if self._misfits is None:
            self._misfits = _Errors()
        extensions: JSONObject = {"code": SubgraphError.row.code}
        self._misfits.add(message, extensions, path)
        self._note(self._misfits, message, extensions)

    def _note(
        self, record: _Recorded | None, message: str, extensions: JSONObject
    ) -> None:
        """Remember the last failure, which a field above may replace by a value."""
        self._latest = record
        self._why = message, extensions


class _Errors:
    """The errors of one kind in one projection; their number is bounded."""

    __slots__ = ("_common", "_found", "_more")

    def __init__(self) -> None:
        self._found: list[JSONObject] = []
        self._more = 0
        self._common: ClientPath = ()

    def add(self, message: str, extensions: JSONObject, path: LinkedPath) -> None:
        at = client_path(path)
        if len(self._found) < MAX_ERRORS:
            self._found.append(
                {"message": message, "path": list(at), "extensions": extensions}
            )
            return
        self._common = common_prefix((self._common, at)) if self._more else at
        self._more += 1

    def retract(self) -> None:
        """Take back the last error."""
        if self._more:
            self._more -= 1
        else:
            self._found.pop()

    def all(self, summary: str) -> Sequence[JSONObject]:
        """Return the errors, and one with the first one's path for the others."""
        if not self._more:
            return self._found
        extensions = {"code": self._found[0]["extensions"]["code"], "count": self._more}
        path = list(self._common)
        error: JSONObject = {
            "message": summary,
            "path": path,
            "extensions": extensions,
        }
        return [*self._found, error]
