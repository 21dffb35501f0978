"""The removal of tags on external fields that the resolving subgraph repeats."""

from dataclasses import replace

from weir.schema.model.definitions import Applied, Field, TypeDefinition
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.passes import Others, with_fields, with_types


def without_repeated_tags(subgraph: SubgraphSchema, others: Others) -> SubgraphSchema:
    def rewrite(definition: TypeDefinition) -> TypeDefinition:
        return with_fields(
            definition, lambda field: _field(subgraph, definition, field, others)
        )

    return with_types(subgraph, rewrite)


def _field(
    subgraph: SubgraphSchema, owner: TypeDefinition, field: Field, others: Others
) -> Field:
    if not subgraph.facts.is_external(f"{owner.name}.{field.name}"):
        return field

    def is_repeated(applied: Applied) -> bool:
        return applied.spec == "tag" and any(
            tag.text("name") == applied.text("name")
            for _, other in others.fields(owner.name, field.name)
            for tag in other.all("tag")
        )

    directives = tuple(each for each in field.directives if not is_repeated(each))
    return replace(field, directives=directives)
