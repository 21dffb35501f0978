"""What `@inaccessible` hides is null without an error, all else that is unknown is not.

Graphs here are composed, so that hidden names come from the supergraph.
"""

from typing import Any

import pytest

from tests.resolvers.adapter import answered
from weir.resolvers.operation import prepare
from weir.resolvers.plan import plan
from weir.schema import Subgraph
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.testing import assert_composes

SDL = """
  extend schema @link(
    url: "https://specs.apollo.dev/federation/v2.5", import: ["@inaccessible"]
  )
  type Query { color: Color node: Node media: Media other: Other }
  enum Color { RED SECRET @inaccessible }
  interface Node { id: ID! }
  type Book implements Node { id: ID! }
  type Draft implements Node @inaccessible { id: ID! }
  type Other { id: ID! }
  union Media = Book | Draft
"""
COMPOSED = assert_composes(Subgraph(name="one", url="http://one", sdl=SDL))
GRAPH = Graph.of(read_supergraph(COMPOSED.supergraph_sdl))

REPLIES: list[tuple[str, Any, list[str]]] = [
    ("{ color }", {"color": "SECRET"}, []),
    ("{ node { id } }", {"node": {"__typename": "Draft", "id": "1"}}, []),
    ("{ media { __typename } }", {"media": {"__typename": "Draft"}}, []),
    ("{ color }", {"color": "BLUE"}, ["color"]),
    ("{ a: node { id } }", {"node": {"__typename": "Song", "id": "1"}}, ["a"]),
    ("{ node { id } }", {"node": {"__typename": "Other", "id": "1"}}, ["node"]),
    ("{ media { __typename } }", {"media": {"__typename": "Song"}}, ["media"]),
]


@pytest.mark.parametrize(("query", "reply", "paths"), REPLIES)
def test_a_name_is_hidden_or_an_error(query: str, reply: Any, paths: list[str]) -> None:
    operation = prepare(query, None, GRAPH.supergraph.api_schema)
    planned = (GRAPH, operation, plan(operation, GRAPH))

    answer = answered(planned, None, lambda *_: {"data": reply})

    assert set(answer["data"].values()) == {None}
    assert [error["path"][0] for error in answer.get("errors", [])] == paths
