"""The positions of values in a response, with the fields that a client selects.

    ObjectSelection     the fields of one object type, in order of first occurrence
    +-- Position        the position of a value: its type, and whether it is nullable
        +-- Leaf, AnyJSON, Enum, ListOf, ObjectOf, AbstractOf

Most values are strings and numbers that fit. Values of the `exact_types` of a position
are used without any other check.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.execute.response.field_rules import Fails, StandIn
from weir.resolvers.execute.response.paths import LinkedPath
from weir.resolvers.execute.response.scalars import json_size


class Projection(Protocol):
    """One projection of a response, as the kinds of values use it.

    `values` are counted, and checked when they exceed `check_at`. All but the reports
    raise `TooManyValues` or `Cancelled`.
    """

    values: int
    check_at: int

    def check(self) -> None:
        """Verify that the projection may go on."""
        ...

    def show(
        self, selection: "ObjectSelection", source: JSONObject, path: LinkedPath
    ) -> JSONObject | None:
        """Project an object; return None if null propagates to it."""
        ...

    def count(self, values: int) -> None:
        """Count values before they are projected."""
        ...

    def values_of(self, value: JSONValue) -> int | None:
        """Return how many values an object or a list counts as, by its size.

        None if it cannot be written as JSON.
        """
        ...

    def misfit(self, position: "Position", path: LinkedPath) -> None:
        """Report a value that does not fit its type, and becomes null."""
        ...

    def undeclared(self, what: str, position: "Position", path: LinkedPath) -> None:
        """Report an enum value or an object type that no service declares."""
        ...

    def may_be_null(
        self, position: "Position", path: LinkedPath, source: list[JSONValue]
    ) -> bool:
        """Return whether an item of a list may be null, and record its cause.

        `source` is the list. Null that is not allowed, and that no failure explains, is
        an error of its own.
        """
        ...


class Kind(Protocol):
    """The kind of value of a position."""

    def project(
        self,
        value: JSONValue,
        position: "Position",
        path: LinkedPath,
        projector: "Projection",
    ) -> JSONValue:
        """Project a value that is not null; return None for an invalid value."""
        ...


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a value; `coordinate` is its name in errors.

    `degraded` is what a field becomes in place of null if it fails.
    """

    kind: Kind
    nullable: bool
    exact_types: frozenset[type]
    coordinate: str
    degraded: StandIn | Fails | None = None


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
        projector: "Projection",
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
        projector: "Projection",
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
        projector: "Projection",
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
    """A list, whose items all have the same position; `most` limits their number."""

    item: Position
    most: int | None = None

    def project(
        self,
        value: JSONValue,
        position: Position,
        path: LinkedPath,
        projector: "Projection",
    ) -> JSONValue:
        if value.__class__ is not list:
            return projector.misfit(position, path)
        items = value if self.most is None else value[: self.most]
        projector.count(len(items))
        item, exact_types = self.item, self.item.exact_types
        project = item.kind.project
        selection = item.kind.selection if isinstance(item.kind, ObjectOf) else None
        shown: list[JSONValue] = []
        for index, each in enumerate(items):
            if each.__class__ in exact_types:
                shown.append(each)
                continue
            if selection is not None and each.__class__ is dict:
                each = projector.show(selection, each, (path, index))  # noqa: PLW2901
            elif each is not None:
                each = project(each, item, (path, index), projector)  # noqa: PLW2901 - as shown
            if each is None and not projector.may_be_null(item, (path, index), value):
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
        projector: "Projection",
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

    def hidden(self) -> frozenset[str]:
        """Return the types that services declare and that clients do not see."""
        ...

    def usual(self) -> "Mapping[str | None, ObjectSelection]":
        """Return the selections of the types to expect; None is `untyped`.

        They are those of all types if these are few, and of the types that occurred.
        """
        ...

    def untyped(self) -> ObjectSelection | None:
        """Return the selection that is the same for all types, or None."""
        ...

    def all(self) -> Iterable[ObjectSelection]:
        """Return the selection of each type; there may be hundreds."""
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
        projector: "Projection",
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
