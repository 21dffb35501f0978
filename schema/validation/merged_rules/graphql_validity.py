"""The merged schema is a valid GraphQL schema."""

from collections.abc import Iterator

from graphql import DocumentNode, GraphQLError, build_ast_schema, parse
from graphql.type.validate import SchemaValidationContext

from schema.errors import Code, CompositionError
from schema.printing import print_type
from schema.supergraph_schema import SupergraphSchema


def graphql_validity(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """INVALID_GRAPHQL."""
    text = "\n".join(print_type(each) for each in supergraph.types.values())
    document: DocumentNode = parse(text, no_location=True)
    try:
        schema = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    except (GraphQLError, TypeError) as error:
        yield CompositionError(code=Code.INVALID_GRAPHQL, message=str(error))
        return
    context = SchemaValidationContext(schema)
    context.validate_types()
    for problem in context.errors:
        yield CompositionError(code=Code.INVALID_GRAPHQL, message=problem.message)
