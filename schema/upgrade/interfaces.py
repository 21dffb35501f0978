"""The removal of keys, `@provides` and `@requires` from interfaces.

They had no effect in federation 1.
"""

from dataclasses import replace

from weir.schema.model.definitions import Kind, TypeDefinition
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.passes import (
    Others,
    field_without,
    with_fields,
    with_types,
    without,
)


def without_interface_directives(
    subgraph: SubgraphSchema, others: Others
) -> SubgraphSchema:
    del others
    return with_types(subgraph, _type)


def _type(definition: TypeDefinition) -> TypeDefinition:
    if definition.kind is not Kind.INTERFACE:
        return definition
    return with_fields(
        replace(definition, directives=without(definition.directives, "key")),
        lambda field: field_without(field, "provides", "requires"),
    )
