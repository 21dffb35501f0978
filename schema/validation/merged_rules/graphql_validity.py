"""The rule that the merged schema is a valid GraphQL schema."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from graphql import GraphQLError, build_ast_schema, parse

from weir.schema.diagnostics.codes import Code
from weir.schema.diagnostics.errors import CompositionError
from weir.schema.diagnostics.locations import Location
from weir.schema.merging.supergraph_schema import SupergraphSchema
from weir.schema.model.definitions import InputValue, TypeDefinition
from weir.schema.model.input_types import input_types_of
from weir.schema.subgraphs.constants import wrong_defaults
from weir.schema.subgraphs.graphql_rules import SchemaRules
from weir.schema.supergraph.printing import print_type
from weir.schema.validation.merged_rules.inaccessible import locations

_COORDINATE = re.compile(r"\b[A-Za-z_]\w*\.[A-Za-z_]\w*")


def graphql_validity(supergraph: SupergraphSchema) -> Iterator[CompositionError]:
    """Yield INVALID_GRAPHQL errors."""
    text = "\n".join(print_type(_bare(each)) for each in supergraph.types.values())
    document = parse(text, no_location=True)
    try:
        schema = build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)
    except (GraphQLError, TypeError) as error:
        yield CompositionError(code=Code.INVALID_GRAPHQL, message=str(error))
        return
    context = SchemaRules(schema)
    context.validate_types()
    defaults = wrong_defaults(document, input_types_of(supergraph.types))
    for problem in (*context.errors, *defaults):
        yield CompositionError(
            code=Code.INVALID_GRAPHQL,
            message=problem.message,
            locations=tuple(_locations(supergraph, problem.message)),
        )


def _locations(supergraph: SupergraphSchema, message: str) -> Iterator[Location]:
    """Yield the subgraphs' locations of the coordinates in an error's message."""
    for coordinate in dict.fromkeys(_COORDINATE.findall(message)):
        yield from locations(supergraph, coordinate)


def _bare(definition: TypeDefinition) -> TypeDefinition:
    """Remove directives and descriptions, which make parsing much slower."""
    fields = {
        name: replace(
            field,
            directives=(),
            description="",
            arguments=_bare_values(field.arguments.values()),
        )
        for name, field in definition.fields.items()
    }
    return replace(
        definition,
        directives=(),
        description="",
        fields=fields,
        input_fields=_bare_values(definition.input_fields.values()),
        values={
            name: replace(value, directives=(), description="")
            for name, value in definition.values.items()
        },
    )


def _bare_values(values: Iterable[InputValue]) -> dict[str, InputValue]:
    return {each.name: replace(each, directives=(), description="") for each in values}
