"""Descriptions survive into the API schema, whichever subgraph has them."""

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema

from tests.support.outcomes import composition_of
from weir.schema import Composed
from weir.schema.supergraph.api_schema import api_schema

PLAIN = """
type Query { f(a: I): E @shareable }
input I { x: Int }
enum E { A }
directive @d(a: Int) on FIELD
"""
DESCRIBED = """
"the schema"
schema { query: Query }
"Query"
type Query { "Query.f" f("Query.f(a:)" a: I): E @shareable }
"I"
input I { "I.x" x: Int }
"E"
enum E { "E.A" A }
"@d"
directive @d("@d(a:)" a: Int) on FIELD
"""


def merged(first: str, second: str) -> GraphQLSchema:
    composed = composition_of({"a": first, "b": second})
    assert isinstance(composed, Composed), composed
    return api_schema(composed.supergraph_sdl)


def descriptions(schema: GraphQLSchema) -> list[str | None]:
    query, enum = schema.query_type, schema.type_map["E"]
    taken, directive = schema.type_map["I"], schema.get_directive("d")
    assert query is not None
    assert directive is not None
    assert isinstance(enum, GraphQLEnumType)
    assert isinstance(taken, GraphQLInputObjectType)
    field = query.fields["f"]
    return [
        schema.description,
        query.description,
        field.description,
        field.args["a"].description,
        taken.description,
        taken.fields["x"].description,
        enum.description,
        enum.values["A"].description,
        directive.description,
        directive.args["a"].description,
    ]


@pytest.mark.parametrize("parts", [(PLAIN, DESCRIBED), (DESCRIBED, PLAIN)])
def test_a_description_of_one_subgraph_is_used(parts: tuple[str, str]) -> None:
    assert descriptions(merged(*parts)) == [
        "the schema",
        "Query",
        "Query.f",
        "Query.f(a:)",
        "I",
        "I.x",
        "E",
        "E.A",
        "@d",
        "@d(a:)",
    ]


def test_the_most_frequent_description_of_the_schema_wins() -> None:
    described = {
        name: f'"{text}" schema {{ query: Query }} type Query {{ {name}: Int }}'
        for name, text in {"a": "one", "b": "two", "c": "two"}.items()
    }
    composed = composition_of(described)

    assert isinstance(composed, Composed)
    assert api_schema(composed.supergraph_sdl).description == "two"
    assert "INCONSISTENT_DESCRIPTION" in {each.code for each in composed.hints}
