"""Extensions with fields become definitions: federation 2 treats both alike."""

from dataclasses import replace

from weir.schema.model.definitions import TypeDefinition
from weir.schema.subgraphs.subgraph_schema import SubgraphSchema
from weir.schema.upgrade.passes import Others, is_federation_extension, with_types


def without_extensions(subgraph: SubgraphSchema, others: Others) -> SubgraphSchema:
    del others
    return with_types(subgraph, _type)


def _type(definition: TypeDefinition) -> TypeDefinition:
    if not is_federation_extension(definition):
        return definition
    return replace(definition, extensions=(False,) * len(definition.extensions))
