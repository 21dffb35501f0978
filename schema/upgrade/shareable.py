"""The addition of `@shareable` to fields that federation 1 shared implicitly.

All fields in the definition of a value type are shared, but not those that `extend`
adds to a definition. A field of an entity or root type is shared if
another subgraph also resolves it, even if only through a `@provides`.
"""

from dataclasses import replace

from weir.schema.model.definitions import (
    ROOT_TYPES,
    Applied,
    Field,
    Kind,
    TypeDefinition,
)
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.passes import Others, with_fields, with_types

_SHAREABLE = Applied(name="shareable", spec="shareable")


def with_shareable(subgraph: SubgraphSchema, others: Others) -> SubgraphSchema:
    return with_types(subgraph, lambda each: _type(each, others))


def _type(definition: TypeDefinition, others: Others) -> TypeDefinition:
    if definition.kind is not Kind.OBJECT or definition.name == "Subscription":
        return definition
    if definition.has("key") or definition.name in ROOT_TYPES:
        return with_fields(definition, lambda each: _field(definition, each, others))
    if not any(others.types(definition.name)):
        return definition
    extensions = definition.extensions
    return with_fields(
        definition, lambda each: each if extensions[each.part] else _shared(each)
    )


def _field(owner: TypeDefinition, field: Field, others: Others) -> Field:
    coordinate = f"{owner.name}.{field.name}"
    if coordinate in others.original.facts.shareable:
        return field
    resolved_elsewhere = any(
        not each.facts.is_fully_external(coordinate)
        for each, _ in others.fields(owner.name, field.name)
    )
    return _shared(field) if resolved_elsewhere else field


def _shared(field: Field) -> Field:
    return replace(field, directives=(*field.directives, _SHAREABLE))
