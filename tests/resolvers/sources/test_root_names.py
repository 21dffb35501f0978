"""Subgraphs with other names for their root types, executed by graphql-core."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from graphql import parse, validate

from tests.support.executed_subgraph import ExecutedSubgraph
from tests.support.executing import execution_context
from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.context import ExecutionContext
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.executable import build_executable
from weir.resolvers.execute.execute import execute
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.operation import prepare
from weir.resolvers.plan import plan
from weir.resolvers.plan.model.nodes import Fetch
from weir.resolvers.sources.root_names import RenamedRoots
from weir.resolvers.sources.source import BoundFetch, Reply, Source
from weir.schema import Subgraph
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.testing import assert_composes

LINK = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.3",
  import: ["@key", "@shareable"])
"""
SHOP = (
    LINK
    + """
schema { query: ShopQuery mutation: ShopMutation }
type ShopQuery implements Node @key(fields: "id") {
  id: ID! @shareable
  node: Node nodes: [Node!]! hit: Hit self: ShopQuery text(of: String): String
}
type ShopMutation implements Node { id: ID! buy: Node! query: ShopQuery! }
type Item implements Node @key(fields: "id") { id: ID! name: String }
interface Node { id: ID! }
union Hit = Item | ShopQuery | ShopMutation
"""
)
STOCK = (
    LINK
    + """
schema { query: Stock }
type Stock @key(fields: "id") { id: ID! @shareable count: Int }
type Item @key(fields: "id") { id: ID! count: Int }
"""
)
QUERY: JSONObject = {
    "__typename": "ShopQuery",
    "id": "q",
    "text": lambda _, of: of,
}
ITEM: JSONObject = {"__typename": "Item", "id": "i", "name": "Bread"}
MUTATION: JSONObject = {"__typename": "ShopMutation", "id": "m"}
SHOP_DATA: JSONObject = {
    "id": "q",
    "node": QUERY,
    "nodes": [ITEM, QUERY, MUTATION],
    "hit": QUERY,
    "self": QUERY,
    "buy": QUERY,
    "query": {**QUERY, "node": MUTATION},
}
STOCK_DATA: JSONObject = {
    "id": "q",
    "count": 7,
    "entities": {
        "q": {"__typename": "Stock", "count": 5},
        "i": {"__typename": "Item", "count": 3},
    },
}

CASES: list[tuple[str, JSONObject]] = [
    (
        '{ node { __typename id ... on Query { text(of: "... on Query { a }") } } }',
        {"node": {"__typename": "Query", "id": "q", "text": "... on Query { a }"}},
    ),
    (
        "{ nodes { __typename ... on Item { name } ... on Query { id } } }",
        {
            "nodes": [
                {"__typename": "Item", "name": "Bread"},
                {"__typename": "Query", "id": "q"},
                {"__typename": "Mutation"},
            ]
        },
    ),
    (
        "{ hit { t: __typename ... on Mutation { id } ... on Query { id } } }",
        {"hit": {"t": "Query", "id": "q"}},
    ),
    ("{ self { __typename id } }", {"self": {"__typename": "Query", "id": "q"}}),
    ("{ hit { ... on Query { count } } }", {"hit": {"count": 5}}),
    (
        "{ nodes { ... on Item { count } ... on Query { count } } }",
        {"nodes": [{"count": 3}, {"count": 5}, {}]},
    ),
    (
        "mutation { buy { __typename } query { node { __typename id } } }",
        {
            "buy": {"__typename": "Query"},
            "query": {"node": {"__typename": "Mutation", "id": "m"}},
        },
    ),
]


def machinery(root: str, entities: str) -> str:
    return f"""
        scalar _Any
        union _Entity = {entities}
        extend type {root} {{
          _entities(representations: [_Any!]!): [_Entity]!
        }}
    """


class Validating:
    """A subgraph that rejects documents that do not fit its schema, as services do."""

    def __init__(self, sdl: str, data: JSONObject) -> None:
        self.executed = ExecutedSubgraph(sdl, data)
        self.representations: list[JSONValue] = []

    def prepare(self, fetch: Fetch) -> BoundFetch:
        assert validate(self.executed.schema, parse(fetch.document)) == []
        bound = self.executed.prepare(fetch)

        async def call(
            variables: JSONObject, context: ExecutionContext, span_id: str
        ) -> Reply:
            self.representations += variables.get("representations", [])
            return await bound(variables, context, span_id)

        return call


@dataclass
class Fixed:
    """A subgraph with one reply, which is not copied."""

    data: JSONObject

    def prepare(self, fetch: Fetch) -> BoundFetch:
        del fetch
        return self._call

    async def _call(
        self, variables: JSONObject, context: ExecutionContext, span_id: str
    ) -> Reply:
        del variables, context, span_id
        return Reply(data=self.data)


COMPOSED = assert_composes(
    Subgraph(name="shop", sdl=SHOP), Subgraph(name="stock", sdl=STOCK)
)
GRAPH = Graph.of(read_supergraph(COMPOSED.supergraph_sdl))


async def respond(query: str, sources: Mapping[str, Source]) -> ExecutionResult:
    operation = prepare(query, None, GRAPH.supergraph.api_schema)
    planned = plan(operation, GRAPH)
    executable = build_executable(operation, planned, GRAPH.supergraph.api_schema, {})
    return await execute(
        executable, bind(planned, sources).fetches, execution_context()
    )


def subgraphs() -> dict[str, Validating]:
    return {
        "shop": Validating(
            SHOP + machinery("ShopQuery", "Item | ShopQuery"), SHOP_DATA
        ),
        "stock": Validating(STOCK + machinery("Stock", "Item | Stock"), STOCK_DATA),
    }


def test_composition_returns_the_own_names() -> None:
    assert COMPOSED.root_names == {
        "shop": {"Query": "ShopQuery", "Mutation": "ShopMutation"},
        "stock": {"Query": "Stock"},
    }


@pytest.mark.parametrize(("query", "data"), CASES)
async def test_a_subgraph_gets_its_own_names_and_clients_the_default_ones(
    query: str, data: JSONObject
) -> None:
    sources = {
        name: RenamedRoots(source, COMPOSED.root_names[name])
        for name, source in subgraphs().items()
    }

    result = await respond(query, sources)

    assert (result.data, list(result.errors)) == (data, [])


async def test_representations_have_the_own_name() -> None:
    parts = subgraphs()
    sources = {
        name: RenamedRoots(source, COMPOSED.root_names[name])
        for name, source in parts.items()
    }

    await respond("{ nodes { ... on Item { count } ... on Query { count } } }", sources)

    assert parts["stock"].representations == [
        {"__typename": "Item", "id": "i"},
        {"__typename": "Stock", "id": "q"},
    ]


async def test_a_type_name_in_a_reply_may_be_of_any_json_type() -> None:
    nested: JSONValue = "deep"
    for _ in range(5_000):
        nested = [nested]
    for node in (["ShopQuery"], {"__typename": ["ShopQuery"]}, nested, 1):
        source = RenamedRoots(Fixed({"node": node}), {"Query": "ShopQuery"})

        result = await respond("{ node { __typename } }", {"shop": source})

        assert result.data == {"node": None}
        assert result.errors
