"""The projection of the merged response to the client's operation.

The merged response has canonical keys, additional fields (keys, required fields), and
unchecked values from subgraphs. A projection is the client's operation as a tree of
positions with the types of the client's schema. It selects, names and orders the
fields, and checks that each value fits its type. Types and enum values that services
declare and the client's schema hides become null. Null in a non-null position
propagates to the nearest nullable parent (GraphQL §6.4.4).

    ObjectSelection     the fields of one object type, in order of first occurrence
    +-- Position        the position of a value: its type, and whether it is nullable
        +-- Leaf, AnyJSON, Enum, ListOf, ObjectOf, AbstractOf

Most values are strings and numbers that fit. Values of the classes that a position
`passes` are used without any other check.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypeAlias

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.errors import SubgraphError
from weir.resolvers.execute.response.coverage import ClientPath, Coverage, common_prefix
from weir.resolvers.execute.response.scalars import json_size
from weir.resolvers.execute.response.size import most_values
from weir.resolvers.operation.work import WorkBudget

MAX_ERRORS = 100
"""The limit of single errors of one projection."""
_VALUES_AT_ONCE: Final = 2000
"""Values of about a millisecond."""

LinkedPath: TypeAlias = "tuple[LinkedPath, str | int] | None"
"""A path as a chain towards the root; converted to a tuple only for an error."""


class TooManyValues(Exception):
    """A projection has more values than it may."""


class Kind(Protocol):
    """The kind of value of a position."""

    def project(
        self,
        value: JSONValue,
        position: "Position",
        path: LinkedPath,
        projector: "Projector",
    ) -> JSONValue:
        """Project a value that is not null; return None for an invalid value."""
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a value; `coordinate` is its name in errors."""

    kind: Kind
    nullable: bool
    exact_types: frozenset[type]
    coordinate: str


class FieldSelection(NamedTuple):
    """One field: read by its canonical key, and written under the client's key."""

    response_key: str
    key: str
    exact_types: frozenset[type]
    position: Position


class RefusedField(NamedTuple):
    """A field that the caller may not select, which is always null."""

    response_key: str
    nullable: bool
    message: str
    extensions: JSONObject


@dataclass(frozen=True, slots=True)
class ObjectSelection:
    """The selected fields of an object of one type.

    `template` has every response key in order, with the values that are known before
    the run (`__typename`, `__schema`).
    """

    template: JSONObject
    fields: tuple[FieldSelection, ...]
    refused: tuple[RefusedField, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Return whether the object is null, because a non-null field is refused."""
        return any(not each.nullable for each in self.refused)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar; values of classes that its position does not pass are coerced."""

    coerce: Callable[[JSONValue], JSONValue]

    def project(
        self,
        value: JSONValue,
        position: Position,
        path: LinkedPath,
        projector: "Projector",
    ) -> JSONValue:
        coerced = self.coerce(value)
        return projector.misfit(position, path) if coerced is None else coerced


@dataclass(frozen=True, slots=True)
class AnyJSON:
    """A custom scalar, whose objects and lists are used as they are.

    One value can be selected in many places. It is measured once, and counted in each.
    """

    def project(
        self,
        value: JSONValue,
        position: Position,
        path: LinkedPath,
        projector: "Projector",
    ) -> JSONValue:
        if value.__class__ is not dict and value.__class__ is not list:
            size = json_size(value)
            return projector.misfit(position, path) if size is None else value
        values = projector.values_of(value)
        if values is None:
            return projector.misfit(position, path)
        projector.count(values)
        return value


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum; services declare `hidden` values, but clients do not see them."""

    values: frozenset[str]
    hidden: frozenset[str]

    def project(
        self,
        value: JSONValue,
        position: Position,
        path: LinkedPath,
        projector: "Projector",
    ) -> JSONValue:
        if value.__class__ is not str:
            return projector.misfit(position, path)
        if value in self.values:
            return value
        return (
            None
            if value in self.hidden
            else projector.undeclared("value", position, path)
        )


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, whose items all have the same position."""

    item: Position

    def project(
        self,
        value: JSONValue,
        position: Position,
        path: LinkedPath,
        projector: "Projector",
    ) -> JSONValue:
        if value.__class__ is not list:
            return projector.misfit(position, path)
        projector.count(len(value))
        item, exact_types = self.item, self.item.exact_types
        project = item.kind.project
        selection = item.kind.selection if isinstance(item.kind, ObjectOf) else None
        shown: list[JSONValue] = []
        for index, each in enumerate(value):
            if each.__class__ in exact_types:
                shown.append(each)
                continue
            if selection is not None and each.__class__ is dict:
                each = projector.show(selection, each, (path, index))  # noqa: PLW2901
            elif each is not None:
                each = project(each, item, (path, index), projector)  # noqa: PLW2901 - as shown
            if each is None and not projector.may_be_null(item, (path, index)):
                return None
            shown.append(each)
        return shown


@dataclass(frozen=True, slots=True)
class ObjectOf:
    """An object whose type is known before the run."""

    selection: ObjectSelection

    def project(
        self,
        value: JSONValue,
        position: Position,
        path: LinkedPath,
        projector: "Projector",
    ) -> JSONValue:
        if value.__class__ is not dict:
            return projector.misfit(position, path)
        return projector.show(self.selection, value, path)


class Selections(Protocol):
    """The selected fields of objects of an abstract type, by object type."""

    def named(self, typename: str) -> ObjectSelection | None:
        """Return the selection of a type, or None if the schema does not have it."""
        ...

    def hides(self, typename: str) -> bool:
        """Return whether a service declares a type that clients do not see."""
        ...

    def untyped(self) -> ObjectSelection | None:
        """Return the selection that is the same for all types, or None."""
        ...


@dataclass(frozen=True, slots=True)
class AbstractOf:
    """An object of an interface or union, whose `__typename` decides the selection.

    An object that only comes from interface objects has no `__typename`. Its plan only
    exists if all possible types have the same selection.
    """

    selections: Selections

    def project(
        self,
        value: JSONValue,
        position: Position,
        path: LinkedPath,
        projector: "Projector",
    ) -> JSONValue:
        if value.__class__ is not dict:
            return projector.misfit(position, path)
        typename = value.get("__typename")
        if typename.__class__ is str:
            named = self.selections.named(typename)
            if named is not None:
                return projector.show(named, value, path)
            hides = self.selections.hides(typename)
            return None if hides else projector.undeclared("type", position, path)
        untyped = self.selections.untyped() if typename is None else None
        if untyped is None:
            return projector.misfit(position, path)
        return projector.show(untyped, value, path)


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
        source: JSONObject | None = None,
        key: str = "",
    ) -> bool:
        """Return whether null is allowed in a position, and record its cause.

        `source` is the object with the field `key`, or None for an item of a list. Null
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


def client_path(path: LinkedPath) -> ClientPath:
    """Convert a chain to the path from the root."""
    segments: list[str | int] = []
    while path is not None:
        path, segment = path
        segments.append(segment)
    segments.reverse()
    return tuple(segments)
