"""The common parts of the upgrade passes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from weir.schema.model.definitions import Applied, Field, Kind, TypeDefinition
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema


@dataclass(frozen=True, slots=True)
class Others:
    """The subgraph before its upgrade, and the other subgraphs before theirs."""

    original: SubgraphSchema
    subgraphs: tuple[SubgraphSchema, ...]

    def types(self, name: str) -> Iterator[tuple[SubgraphSchema, TypeDefinition]]:
        """Yield the other subgraphs' definitions of a type."""
        for each in self.subgraphs:
            definition = each.types.get(name)
            if definition is not None:
                yield each, definition

    def fields(
        self, type_name: str, name: str
    ) -> Iterator[tuple[SubgraphSchema, Field]]:
        for each, definition in self.types(type_name):
            field = definition.fields.get(name)
            if field is not None:
                yield each, field


Pass: TypeAlias = Callable[[SubgraphSchema, Others], SubgraphSchema]


def is_federation_extension(definition: TypeDefinition) -> bool:
    """Return whether federation 1 sees an extension: only `extend`, or `@extends`."""
    composite = definition.kind in {Kind.OBJECT, Kind.INTERFACE}
    return composite and definition.extended_only


def with_types(
    subgraph: SubgraphSchema, rewrite: Callable[[TypeDefinition], TypeDefinition]
) -> SubgraphSchema:
    types = {name: rewrite(each) for name, each in subgraph.types.items()}
    return replace(subgraph, types=types)


def with_fields(
    definition: TypeDefinition, rewrite: Callable[[Field], Field]
) -> TypeDefinition:
    if not definition.fields:
        return definition
    fields = {name: rewrite(each) for name, each in definition.fields.items()}
    return replace(definition, fields=fields)


def without(directives: tuple[Applied, ...], *specs: str) -> tuple[Applied, ...]:
    return tuple(each for each in directives if each.spec not in specs)


def field_without(field: Field, *specs: str) -> Field:
    if not any(field.has(spec) for spec in specs):
        return field
    return replace(field, directives=without(field.directives, *specs))
