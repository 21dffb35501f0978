"""`$context { selection }`: the argument of `@fromContext`."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from weir.schema.model.definitions import Applied, InputValue, TypeDefinition

_VALUE = re.compile(r"\s*\$(?P<name>[A-Za-z_]\w*)(?P<selection>.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ContextValue:
    """The name of a context, and the selection on the types that set it."""

    name: str
    selection: str


def context_value(applied: Applied) -> ContextValue | None:
    """Parse `field:`; return None if it does not name a context."""
    match = _VALUE.match(applied.text("field") or "")
    return ContextValue(match["name"], match["selection"]) if match else None


def setters(types: Mapping[str, TypeDefinition], name: str) -> Iterator[TypeDefinition]:
    """Yield the types that set a context."""
    for each in types.values():
        if any(applied.text("name") == name for applied in each.all("context")):
            yield each


def context_selections(
    types: Mapping[str, TypeDefinition], argument: InputValue
) -> Iterator[tuple[str, str]]:
    """Yield the name and the selection of each type that sets an argument's context."""
    applied = argument.first("fromContext")
    value = context_value(applied) if applied else None
    if value is not None:
        for each in setters(types, value.name):
            yield each.name, value.selection
