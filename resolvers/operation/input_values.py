"""Values from outside, coerced to input types (GraphQL section 3.10 and 3.5).

A `Coercer` is made once per type and operation; it returns the value as it is sent on
to subgraphs, and notes what does not fit with the place where it stands. Defaults of
input fields are left to the subgraph that has them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from typing import Protocol, TypeAlias, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLType,
    is_required_input_field,
)
from graphql.pyutils import did_you_mean, suggestion_list

from resolvers.json_types import JSONObject, JSONValue, is_list, is_object
from resolvers.operation.wrappers import item_of, without_non_null

MAX_PROBLEMS = 50
MAX_DEPTH = 64
"""Deeper values are refused: each level takes frames of Python's stack."""

_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: `$filter.years[2]`."""

    text: str
    depth: int = 0

    def field(self, name: str) -> "Place":
        return Place(f"{self.text}.{name}", self.depth + 1)

    def item(self, index: int) -> "Place":
        return Place(f"{self.text}[{index}]", self.depth + 1)


Note: TypeAlias = Callable[[Place, str], None]
"""Takes what is wrong at a place."""


class Coercer(Protocol):
    """Coerces values of one input type."""

    def coerce(self, value: JSONValue, place: Place, note: Note) -> JSONValue:
        """Return the value to send; where it does not fit, note that instead."""
        ...


@dataclass(frozen=True, slots=True)
class _Scalar:
    name: str
    accept: Callable[[JSONValue], JSONValue]

    def coerce(self, value: JSONValue, place: Place, note: Note) -> JSONValue:
        accepted = None if value is None else self.accept(value)
        if accepted is None and value is not None:
            note(place, f"{_shown(value)} is not {_article(self.name)}")
        return accepted


@dataclass(frozen=True, slots=True)
class _Enum:
    name: str
    values: tuple[str, ...]

    def coerce(self, value: JSONValue, place: Place, note: Note) -> JSONValue:
        if value is not None and value not in self.values:
            hint = did_you_mean(suggestion_list(str(value), self.values))
            note(place, f"{_shown(value)} is not a value of {self.name}.{hint}")
        return value


@dataclass(frozen=True, slots=True)
class _NonNull:
    type: str
    of: Coercer

    def coerce(self, value: JSONValue, place: Place, note: Note) -> JSONValue:
        if value is None:
            note(place, f"null is not allowed, the type is {self.type}")
            return None
        return self.of.coerce(value, place, note)


@dataclass(frozen=True, slots=True)
class _List:
    of: Coercer

    def coerce(self, value: JSONValue, place: Place, note: Note) -> JSONValue:
        if value is None:
            return None
        if not is_list(value):
            # GraphQL section 3.11: one value stands for a list of it.
            return [self.of.coerce(value, place, note)]
        return [
            self.of.coerce(item, place.item(index), note)
            for index, item in enumerate(value)
        ]


@dataclass(slots=True)
class _InputObject:
    name: str
    is_one_of: bool
    fields: dict[str, Coercer] = field(default_factory=dict[str, Coercer])
    required: tuple[str, ...] = ()

    def coerce(self, value: JSONValue, place: Place, note: Note) -> JSONValue:
        if value is None:
            return None
        if not is_object(value):
            note(place, f"{_shown(value)} is not an object of {self.name}")
            return None
        if place.depth >= MAX_DEPTH:
            note(place, f"values may not be nested deeper than {MAX_DEPTH} levels")
            return None
        self._check(value, place, note)
        return {
            name: self.fields[name].coerce(each, place.field(name), note)
            for name, each in value.items()
            if name in self.fields
        }

    def _check(self, value: JSONObject, place: Place, note: Note) -> None:
        for name in value:
            if name not in self.fields:
                hint = did_you_mean(suggestion_list(name, list(self.fields)))
                note(place, f"{self.name} has no field {_shown(name)}.{hint}")
        for name in self.required:
            if name not in value:
                note(place.field(name), f"is required by {self.name}")
        if self.is_one_of and (len(value) != 1 or None in value.values()):
            note(place, f"{self.name} takes exactly one field, and not null")


class Coercers:
    """Makes the coercers of a schema's types; those of input objects are shared."""

    def __init__(self) -> None:
        self._objects: dict[str, _InputObject] = {}

    def of(self, type_: GraphQLType) -> Coercer:
        """Return the coercer of an input type."""
        inner, is_non_null = without_non_null(type_)
        item = item_of(inner)
        coercer = self._named(inner) if item is None else _List(self.of(item))
        return _NonNull(str(type_), coercer) if is_non_null else coercer

    def _named(self, type_: GraphQLType) -> Coercer:
        if isinstance(type_, GraphQLInputObjectType):
            return self._objects.get(type_.name) or self._object(type_)
        if isinstance(type_, GraphQLEnumType):
            return _Enum(type_.name, tuple(type_.values))
        name = str(type_)
        return _Scalar(name, _SCALARS.get(name, _anything))

    def _object(self, type_: GraphQLInputObjectType) -> Coercer:
        # Known before its fields are: an input type may contain itself.
        made = self._objects[type_.name] = _InputObject(type_.name, type_.is_one_of)
        for name, each in type_.fields.items():
            made.fields[name] = self.of(each.type)
        made.required = tuple(
            name for name, each in type_.fields.items() if is_required_input_field(each)
        )
        return made


def _int(value: JSONValue) -> JSONValue:
    whole = int(value) if isinstance(value, float) and value.is_integer() else value
    is_int = isinstance(whole, int) and not isinstance(whole, bool)
    return whole if is_int and _INT_MIN <= cast("int", whole) <= _INT_MAX else None


def _float(value: JSONValue) -> JSONValue:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and isfinite(value) else None


def _string(value: JSONValue) -> JSONValue:
    return value if isinstance(value, str) else None


def _boolean(value: JSONValue) -> JSONValue:
    return value if isinstance(value, bool) else None


def _id(value: JSONValue) -> JSONValue:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _string(value)


def _anything(value: JSONValue) -> JSONValue:
    return value


_SCALARS: dict[str, Callable[[JSONValue], JSONValue]] = {
    "Int": _int,
    "Float": _float,
    "String": _string,
    "Boolean": _boolean,
    "ID": _id,
}


def _shown(value: JSONValue) -> str:
    """Show a client its own value, cut to a readable length."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = f'"{value}"' if isinstance(value, str) else str(value)
    cut = text[:_SHOWN_CHARACTERS]
    return cut if cut == text else f"{cut}..."


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"
