"""The types of the variables of a stored operation."""

from collections.abc import Mapping

from graphql import GraphQLSchema, GraphQLType, OperationDefinitionNode

from weir.resolvers.operation.wrappers import type_from_ast, without_non_null


def variable_types(
    definition: OperationDefinitionNode, schema: GraphQLSchema
) -> Mapping[str, GraphQLType]:
    """Return the nullable type of each variable of a valid operation, by name."""
    return {
        node.variable.name.value: without_non_null(type_from_ast(schema, node.type))[0]
        for node in definition.variable_definitions or ()
    }
