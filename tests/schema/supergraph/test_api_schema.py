"""The API schema of a supergraph is what clients may see, whoever composed it."""

from typing import Any

import pytest
from graphql import build_schema, lexicographic_sort_schema, print_schema

from tests.support.recorded import recorded_cases
from weir.schema.supergraph.api_schema import api_schema

SUPERGRAPH = """
schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "hidden")
{ query: Query mutation: Mutation }
directive @link(url: String!, as: String, for: link__Purpose) repeatable on SCHEMA
directive @hidden on FIELD_DEFINITION | OBJECT | ENUM_VALUE | ARGUMENT_DEFINITION
directive @live on QUERY | SCHEMA
directive @defer on FIELD
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { A }
"What can be asked."
type Query { all(first: Int, debug: Boolean @hidden): [Item] @deprecated }
type Mutation { reset: Int @hidden }
union Item = Book | Draft
type Book { id: ID! state: State }
type Draft @hidden { id: ID! }
enum State { NEW USED @hidden }
"""


def test_hidden_elements_and_machinery_are_left_out() -> None:
    assert print_schema(api_schema(SUPERGRAPH)) == (
        "directive @live on QUERY\n"
        "\n"
        '"""What can be asked."""\n'
        "type Query {\n"
        "  all(first: Int): [Item] @deprecated\n"
        "}\n"
        "\n"
        "union Item = Book\n"
        "\n"
        "type Book {\n"
        "  id: ID!\n"
        "  state: State\n"
        "}\n"
        "\n"
        "enum State {\n"
        "  NEW\n"
        "}"
    )


@pytest.mark.parametrize("case", recorded_cases("composition.json", ok=True))
def test_the_references_supergraphs_are_read_as_they_are(case: dict[str, Any]) -> None:
    expected = build_schema(case["expect"]["api_schema"])

    found = api_schema(case["expect"]["apollo_supergraph"])

    assert print_schema(lexicographic_sort_schema(found)) == print_schema(
        lexicographic_sort_schema(expected)
    )
