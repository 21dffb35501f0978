"""The types that a client can reach from the visible root fields."""

from collections.abc import Iterable, Iterator, Mapping

from weir.schema.model.definitions import (
    ROOT_TYPES,
    DirectiveDefinition,
    Kind,
    TypeDefinition,
)
from weir.schema.model.type_refs import base_name
from weir.schema.supergraph.visibility import is_hidden


def reachable(
    types: Mapping[str, TypeDefinition], directives: Iterable[DirectiveDefinition]
) -> frozenset[str]:
    """Return the names of the visible types that roots and directives lead to."""
    implementations = _implementations(types)
    waiting = [name for name in ROOT_TYPES if name in types]
    waiting += [
        base_name(argument.type)
        for directive in directives
        for argument in directive.arguments.values()
    ]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        definition = types.get(name)
        if name not in found and definition is not None and not is_hidden(definition):
            found.add(name)
            waiting += _next(definition)
            waiting += implementations.get(name, ())
    return frozenset(found)


def _next(definition: TypeDefinition) -> Iterator[str]:
    yield from definition.members
    yield from definition.interfaces
    for field in definition.fields.values():
        if not is_hidden(field):
            yield base_name(field.type)
            for argument in field.arguments.values():
                if not is_hidden(argument):
                    yield base_name(argument.type)
    for each in definition.input_fields.values():
        if not is_hidden(each):
            yield base_name(each.type)


def _implementations(types: Mapping[str, TypeDefinition]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in types.values():
        if each.kind in {Kind.OBJECT, Kind.INTERFACE}:
            for name in each.interfaces:
                found.setdefault(name, []).append(each.name)
    return found
