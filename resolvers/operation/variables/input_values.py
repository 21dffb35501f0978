"""The coercion of input values (GraphQL §3.10 and §3.5).

A `Coercer` is made once per type and operation. It returns the value to send to
subgraphs, and records each invalid value with its path. Subgraphs apply the defaults of
their own input fields.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Final, Protocol, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLType,
    is_required_input_field,
)

from weir.gateway.json_types import JSONObject, JSONValue, is_list, is_object
from weir.resolvers.operation.variables.problems import Problems, shown
from weir.resolvers.operation.wrappers import item_of, without_non_null

MAX_DEPTH = 64
"""Deeper values are rejected, because each level takes frames of Python's stack."""

_ITEMS_AT_ONCE: Final = 1_000
_INT_MIN, _INT_MAX = -(2**31), 2**31 - 1
_TOO_DEEP = f"values may not be nested deeper than {MAX_DEPTH} levels"


class Coercer(Protocol):
    """A coercer of values of one input type."""

    def coerce(self, value: JSONValue, problems: Problems) -> JSONValue:
        """Return the value to send, or record why the value is invalid.

        Raises `TooManyProblems` or `Cancelled`.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Scalar:
    name: str
    accept: Callable[[JSONValue], JSONValue]

    def coerce(self, value: JSONValue, problems: Problems) -> JSONValue:
        accepted = None if value is None else self.accept(value)
        if accepted is None and value is not None:
            problems.note(f"{shown(value)} is not {_article(self.name)}")
        return accepted


@dataclass(frozen=True, slots=True)
class _CustomScalar:
    """A scalar with any value. Only subgraphs can validate it."""

    def coerce(self, value: JSONValue, problems: Problems) -> JSONValue:
        if _is_deeper_than(MAX_DEPTH - len(problems.path), value):
            problems.note(_TOO_DEEP)
            return None
        return value


@dataclass(frozen=True, slots=True)
class _Enum:
    name: str
    values: Mapping[str, object]

    def coerce(self, value: JSONValue, problems: Problems) -> JSONValue:
        if value is None or (isinstance(value, str) and value in self.values):
            return value
        hint = problems.suggestion(value, self.values) if isinstance(value, str) else ""
        problems.note(f"{shown(value)} is not a value of {self.name}.{hint}")
        return value


@dataclass(frozen=True, slots=True)
class _NonNull:
    type: str
    of: Coercer

    def coerce(self, value: JSONValue, problems: Problems) -> JSONValue:
        if value is None:
            problems.note(f"null is not allowed, the type is {self.type}")
            return None
        return self.of.coerce(value, problems)


@dataclass(frozen=True, slots=True)
class _List:
    of: Coercer

    def coerce(self, value: JSONValue, problems: Problems) -> JSONValue:
        if value is None:
            return None
        if not is_list(value):
            # GraphQL §3.11: a single value stands for a list of it.
            return [self.of.coerce(value, problems)]
        path, coerce = problems.path, self.of.coerce
        if len(path) >= MAX_DEPTH:
            problems.note(_TOO_DEEP)
            return None
        coerced: list[JSONValue] = []
        path.append(0)
        for index, item in enumerate(value):
            if not index % _ITEMS_AT_ONCE:
                problems.work.check()
            path[-1] = index
            coerced.append(coerce(item, problems))
        path.pop()
        return coerced


@dataclass(slots=True)
class _InputObject:
    name: str
    is_one_of: bool
    fields: dict[str, Coercer] = field(default_factory=dict[str, Coercer])
    required: tuple[str, ...] = ()

    def coerce(self, value: JSONValue, problems: Problems) -> JSONValue:
        if value is None:
            return None
        if not is_object(value):
            problems.note(f"{shown(value)} is not an object of {self.name}")
            return None
        path = problems.path
        if len(path) >= MAX_DEPTH:
            problems.note(_TOO_DEEP)
            return None
        self._check(value, problems)
        coerced: JSONObject = {}
        path.append("")
        for name, each in value.items():
            if name in self.fields:
                path[-1] = name
                coerced[name] = self.fields[name].coerce(each, problems)
        path.pop()
        return coerced

    def _check(self, value: JSONObject, problems: Problems) -> None:
        for name in value:
            if name not in self.fields:
                hint = problems.suggestion(name, self.fields)
                problems.note(f"{self.name} has no field {shown(name)}.{hint}")
        for name in self.required:
            if name not in value:
                problems.path.append(name)
                problems.note(f"is required by {self.name}")
                problems.path.pop()
        if self.is_one_of and (len(value) != 1 or None in value.values()):
            problems.note(f"{self.name} requires exactly one field that is not null")


class Coercers:
    """The coercers of a schema's types. Those of input objects are shared."""

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
            return _Enum(type_.name, type_.values)
        name = str(type_)
        accept = _SCALARS.get(name)
        return _Scalar(name, accept) if accept else _CustomScalar()

    def _object(self, type_: GraphQLInputObjectType) -> Coercer:
        # Registered before its fields, because an input type may contain itself.
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


_SCALARS: dict[str, Callable[[JSONValue], JSONValue]] = {
    "Int": _int,
    "Float": _float,
    "String": _string,
    "Boolean": _boolean,
    "ID": _id,
}


def _is_deeper_than(levels: int, value: JSONValue) -> bool:
    """Return whether lists and objects in `value` have more than `levels` levels."""
    found = _members([value])
    while found and levels > 0:
        levels -= 1
        found = _members(each for outer in found for each in outer)
    return bool(found)


def _members(values: Iterable[JSONValue]) -> list[Iterable[JSONValue]]:
    """Return the items and field values of those that are lists or objects."""
    return [
        each.values() if is_object(each) else each
        for each in values
        if is_object(each) or is_list(each)
    ]


def _article(name: str) -> str:
    return f"an {name}" if name[0] in "AEIOU" else f"a {name}"
