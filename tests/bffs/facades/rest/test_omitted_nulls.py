"""The members that a REST response omits where they are null, by type and by name."""

from itertools import pairwise

import pytest

from tests.support.facade_client import stored_operation
from weir.bffs.facades.rest.omitted_nulls import NullRule
from weir.gateway.json_types import JSONObject
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { film: Film named: [Named] media: Media pages: FilmConnection }
interface Named { name: String code: String }
union Media = Film | Person
enum Kind { MOVIE SERIES }
scalar Json
type Film implements Named @key(fields: "code") {
  id: ID kind: Kind kinds: [Kind] ids: [ID!]
  code: String name: String title: String! year: Int
  cast: [Person] lead: Person sequel: Film extra: Json
}
type Person implements Named { name: String code: String age: Int }
type FilmConnection { edges: [FilmEdge] pageInfo: PageInfo }
type FilmEdge { node: Film role: String }
type PageInfo { endCursor: String hasNextPage: Boolean! }
"""


def rule() -> NullRule:
    composed = compose([Subgraph(name="films", sdl=SDL)])
    assert isinstance(composed, Composed)
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    return NullRule(graph.supergraph.api_schema, graph)


@pytest.mark.parametrize(
    ("query", "data", "left"),
    [
        ("film { name }", {"film": {"name": None}}, {"film": {}}),
        ("film { name }", {"film": None}, {}),
        ("film { n: name y: year }", {"film": {"n": None, "y": 1}}, {"film": {"y": 1}}),
        # Ids, enums and keys stay, and so do lists of these.
        *(
            (f"film {{ {name} }}", {"film": {name: None}}, {"film": {name: None}})
            for name in ("id", "kind", "kinds", "ids", "code")
        ),
        # Items of lists stay.
        (
            "film { cast { age } lead { age } }",
            {"film": {"cast": [None, {"age": None}], "lead": None}},
            {"film": {"cast": [None, {}]}},
        ),
        # Values of scalars are as they are.
        ("film { extra }", {"film": {"extra": {"a": None}}}, None),
        # A member with one name is omitted for all types or for none.
        (
            "named { name code ... on Person { age } }",
            {"named": [{"name": None, "code": None, "age": None}]},
            {"named": [{"code": None}]},
        ),
        (
            "media { ... on Film { x: code } ... on Person { x: name } }",
            {"media": {"x": None}},
            {"media": {"x": None}},
        ),
        (
            "media { __typename ... on Person { x: code } }",
            {"media": {"__typename": "Person", "x": None}},
            {"media": {"__typename": "Person"}},
        ),
        (
            "pages { edges { node { name } role } pageInfo { endCursor } }",
            {"pages": {"edges": [{"node": None, "role": None}], "pageInfo": None}},
            {"pages": {"edges": [{}]}},
        ),
    ],
)
def test_a_null_is_omitted_unless_its_type_or_a_key_needs_it(
    query: str, data: JSONObject, left: JSONObject | None
) -> None:
    omitted = rule().of(stored_operation(f"query Q {{ {query} }}"))

    assert omitted.left_of(data) == (data if left is None else left)


def test_a_query_without_such_members_is_left_alone() -> None:
    assert not rule().of(stored_operation("query Q { film { id title } }")).below


def test_fragments_within_fragments_are_looked_at_once() -> None:
    parts = [
        f"fragment F{n} on Film {{ a: sequel {{ ...F{m} }} b: sequel {{ ...F{m} }} }}"
        for n, m in pairwise(range(61))
    ]
    text = "\n".join(
        ["query Q { film { ...F0 } }", *parts, "fragment F60 on Film { id }"]
    )

    omitted = rule().of(stored_operation(text))

    assert omitted.of("film").of("a").of("b").names == {"a", "b"}
