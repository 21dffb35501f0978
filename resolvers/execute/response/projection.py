"""The projection of the merged response to the client's operation.

The merged response has canonical keys, additional fields (keys, required fields), and
unchecked values from subgraphs. The selections of the client, as positions with the
types of its schema, select, name and order the fields, and check that each value fits
its type. Types and enum values that services declare and the client's schema hides
become null. Null in a non-null position propagates to the nearest nullable parent
(GraphQL §6.4.4).
"""

from collections.abc import Sequence
from typing import Final

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.errors import SubgraphError
from weir.resolvers.execute.response.coverage import Coverage
from weir.resolvers.execute.response.paths import (
    ClientPath,
    LinkedPath,
    client_path,
    common_prefix,
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


class Projector:
    """One projection of one response, with the errors that it finds.

    `coverage` has the nulls that failures explain. It is missing without failures.
    `values` counts the fields of objects and the items of lists. `work` lets others
    compute from time to time.
    """

    __slots__ = (
        "_check_at",
        "_climbing",
        "_coverage",
        "_misfits",
        "_most_values",
        "_refusals",
        "_values_of",
        "_work",
        "values",
    )

    def __init__(
        self, coverage: Coverage | None, most_values: int, work: WorkBudget
    ) -> None:
        self._coverage = coverage
        self._most_values = most_values
        self._work = work
        self.values = 0
        self._check_at = min(_VALUES_AT_ONCE, most_values)
        self._climbing = False
        self._misfits: _Errors | None = None
        self._refusals: _Errors | None = None
        self._values_of: dict[int, int | None] = {}

    def errors(self) -> Sequence[JSONObject]:
        """Return all errors: of invalid values, and of refused fields."""
        refusals = self._refusals
        if refusals is None:
            return self.misfits() if self._misfits else ()
        return [*self.misfits(), *refusals.all("More fields are refused.")]

    def misfits(self) -> Sequence[JSONObject]:
        """Return the errors of invalid values up to the limit, and one for the rest."""
        misfits = self._misfits
        return misfits.all("More values do not fit their types.") if misfits else ()

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
            elif not self.may_be_null(position, here, source, key):
                return None
        return shown

    def count(self, values: int) -> None:
        """Count values before they are projected.

        Raises `TooManyValues` or `Cancelled`.
        """
        self.values += values
        if self.values > self._check_at:
            self._check()

    def _check(self) -> None:
        if self.values > self._most_values:
            raise TooManyValues
        self._work.check()
        self._check_at = min(self.values + _VALUES_AT_ONCE, self._most_values)

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
        coverage = self._coverage
        if position.nullable and not self._climbing and coverage is None:
            return True
        explained = self._climbing or (
            coverage is not None and coverage.explains(client_path(path), source, key)
        )
        self._climbing = not position.nullable
        if not position.nullable and not explained:
            coordinate = position.coordinate
            message = f"Cannot return null for non-nullable field {coordinate}."
            self._report(message, path)
        return position.nullable

    def _report(self, message: str, path: LinkedPath) -> None:
        if self._misfits is None:
            self._misfits = _Errors()
        self._misfits.add(message, {"code": SubgraphError.row.code}, path)


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
