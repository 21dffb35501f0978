"""`$context { selection }`: what `@fromContext` is given."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from weir.schema.model.definitions import Applied, InputValue, TypeDefinition

_VALUE = re.compile(r"\s*\$(?P<name>[A-Za-z_]\w*)(?P<selection>.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ContextValue:
    """The name of a context, and what is selected where it is set."""

    name: str
    selection: str


def context_value(applied: Applied) -> ContextValue | None:
    """Read `field:`; None if no context is named in it."""
    match = _VALUE.match(applied.text("field") or "")
    return ContextValue(match["name"], match["selection"]) if match else None


def setters(types: Mapping[str, TypeDefinition], name: str) -> Iterator[TypeDefinition]:
    """The types on which a context is set."""
    for each in types.values():
        if any(applied.text("name") == name for applied in each.all("context")):
            yield each


def context_selections(
    types: Mapping[str, TypeDefinition], argument: InputValue
) -> Iterator[tuple[str, str]]:
    """For each type that sets the argument's context: its name, and the selection."""
    applied = argument.first("fromContext")
    value = context_value(applied) if applied else None
    if value is not None:
        for each in setters(types, value.name):
            yield each.name, value.selection
