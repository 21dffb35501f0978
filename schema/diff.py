"""The changes between two API schemas: breaking, dangerous or safe for clients.

graphql-core finds the breaking and the dangerous changes. All other differences are
found by comparing coordinates, and are safe. A breaking change does not have to break
an actual client: `broken_operations` lists the stored operations that are invalid in a
new schema.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLSchema,
    Source,
    find_breaking_changes,
    find_dangerous_changes,
    is_enum_type,
    is_input_object_type,
    is_interface_type,
    is_introspection_type,
    is_object_type,
    is_specified_directive,
    is_specified_scalar_type,
    is_union_type,
    validate,
)

_NO_FILE: Final = Source("").name
_STANDARD_SCALAR: Final = "Standard scalar "


class Severity(StrEnum):
    """The effect of a change on existing clients."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `kind` is graphql-core's name for it, in upper case."""

    severity: Severity
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}"


def diff(old: GraphQLSchema, new: GraphQLSchema) -> tuple[Change, ...]:
    """Return all changes from an old API schema to a new one, the worst first."""
    breaking = [
        Change(Severity.BREAKING, each.type.name, each.description)
        for each in find_breaking_changes(old, new)
        # Every schema has the built-in scalars, whether it refers to them or not.
        if not each.description.startswith(_STANDARD_SCALAR)
    ]
    dangerous = [
        Change(Severity.DANGEROUS, each.type.name, each.description)
        for each in find_dangerous_changes(old, new)
    ]
    return (*breaking, *dangerous, *_safe_changes(old, new))


def broken_operations(
    new: GraphQLSchema, operations: Mapping[str, DocumentNode]
) -> dict[str, tuple[str, ...]]:
    """Return the names of the operations that are invalid in a schema, with reasons."""
    broken: dict[str, tuple[str, ...]] = {}
    for name, document in operations.items():
        errors = validate(new, document)
        if errors:
            broken[name] = tuple(map(_placed, errors))
    return broken


def _placed(error: GraphQLError) -> str:
    """Return the message, after its place if the document is from a file."""
    if error.source is None or error.source.name == _NO_FILE or not error.locations:
        return error.message
    place = error.locations[0]
    return f"{error.source.name}:{place.line}:{place.column}: {error.message}"


_NEVER_SAFE = frozenset({"enum value", "union member", "input field"})
"""Kinds whose additions are breaking or dangerous, and reported as such."""


def _safe_changes(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    """Yield the additions that `find_dangerous_changes` does not report."""
    before, after = dict(_elements(old)), dict(_elements(new))
    for coordinate, kind in after.items():
        owner_is_new = _owner(coordinate) not in before and "." in coordinate
        if coordinate in before or owner_is_new or kind in _NEVER_SAFE:
            continue
        kind_name = f"{kind.upper().replace(' ', '_')}_ADDED"
        message = f"{kind} {coordinate} was added"
        yield Change(Severity.SAFE, kind_name, message)
    yield from _documentation(old, new)


def _owner(coordinate: str) -> str:
    return coordinate.partition(".")[0]


def _documentation(old: GraphQLSchema, new: GraphQLSchema) -> Iterator[Change]:
    """Yield the changes of deprecations and descriptions."""
    before, after = dict(_texts(old)), dict(_texts(new))
    for coordinate, (description, reason) in after.items():
        if coordinate not in before:
            continue
        old_description, old_reason = before[coordinate]
        if reason != old_reason:
            what = "is deprecated" if reason is not None else "is no longer deprecated"
            message = f"{coordinate} {what}"
            yield Change(Severity.SAFE, "DEPRECATION_CHANGED", message)
        if (description or "") != (old_description or ""):
            message = f"the description of {coordinate} changed"
            yield Change(Severity.SAFE, "DESCRIPTION_CHANGED", message)


def _elements(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    """Yield each coordinate with the kind of its element."""
    for name, each in schema.type_map.items():
        if is_introspection_type(each) or is_specified_scalar_type(each):
            continue
        yield name, "type"
        kind, children = _children(each)
        yield from ((f"{name}.{child}", kind) for child in children)
    for directive in schema.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", "directive"


def _children(each: GraphQLNamedType) -> tuple[str, Iterable[str]]:
    """Return the kind and the names of a type's members."""
    if is_object_type(each) or is_interface_type(each):
        return "field", each.fields
    if is_input_object_type(each):
        return "input field", each.fields
    if is_enum_type(each):
        return "enum value", each.values
    if is_union_type(each):
        return "union member", [member.name for member in each.types]
    return "", ()


def _texts(
    schema: GraphQLSchema,
) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
    """Yield the descriptions and deprecation reasons by coordinate."""
    for name, each in schema.type_map.items():
        if is_introspection_type(each) or is_specified_scalar_type(each):
            continue
        yield name, (each.description, None)
        if is_object_type(each) or is_interface_type(each):
            for field_name, field in each.fields.items():
                text = field.description, field.deprecation_reason
                yield f"{name}.{field_name}", text
        elif is_enum_type(each):
            for value_name, value in each.values.items():
                text = value.description, value.deprecation_reason
                yield f"{name}.{value_name}", text
