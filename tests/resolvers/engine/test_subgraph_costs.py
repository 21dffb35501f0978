"""The part of an operation's cost in each subgraph."""

import random
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLSchema, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from weir.gateway.json_types import JSONObject
from weir.resolvers.cost.compile import operation_cost
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.engine.subgraph_costs import subgraph_costs
from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.operation import Operation, normalise
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.context import Budget
from weir.resolvers.plan.planner import plan
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.costs import CostTable, ListSize
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph

LINK = """
    extend schema
      @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
"""
SDLS = {
    "products": f"""
        {LINK}
        type Query {{
          products(first: Int = 4): [Product]
          product: Product
          found: [Item]
        }}
        interface Item {{ name: String }}
        type Product implements Item @key(fields: "upc") {{
          upc: ID! name: String maker: Maker
        }}
        type Maker implements Item @key(fields: "id") {{ id: ID! name: String }}
    """,
    "reviews": f"""
        {LINK}
        type Query {{ latest: [Review] }}
        type Mutation {{ write(text: String): Review }}
        type Product @key(fields: "upc") {{ upc: ID! reviews: [Review] }}
        type Review @key(fields: "id") {{ id: ID! text: String product: Product }}
    """,
    "stock": f"""
        {LINK}
        type Product @key(fields: "upc") {{ upc: ID! left: Int places: [Place] }}
        type Place {{ name: String }}
    """,
}
TABLE = CostTable(
    {"Review": 3, "Product.left": 2, "Mutation.write(text:)": 7},
    {
        "Query.products": ListSize(slicing=(("first",),)),
        "Product.reviews": ListSize(assumed=5),
    },
)
LIST = 10


def _graph() -> Graph:
    subgraphs = [Subgraph(name=name, url="", sdl=sdl) for name, sdl in SDLS.items()]
    composed = compose(subgraphs)
    assert isinstance(composed, Composed), composed
    return Graph.of(read_supergraph(composed.supergraph_sdl))


GRAPH = _graph()
SCHEMA: GraphQLSchema = GRAPH.supergraph.api_schema


def costs_of(text: str) -> tuple[Operation, OperationCost, Mapping[str, OperationCost]]:
    operation = normalise(parse(text), None, SCHEMA)
    cost = operation_cost(operation, SCHEMA, TABLE, LIST, WorkBudget())
    planned = plan(operation, GRAPH, frozenset(), Budget(work=WorkBudget()))
    parts = subgraph_costs(cost, planned, SDLS, WorkBudget())
    return operation, cost, parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ product { name } }", {"products": 1}),
        # Each entity is an object of the subgraph that resolves more of it.
        ("{ product { name left } }", {"products": 1, "stock": 1 + 2}),
        ("{ products(first: 3) { name } }", {"products": 3}),
        (
            "{ products(first: 3) { reviews { text } } }",
            {"products": 3, "reviews": 3 * (1 + 5 * 3)},
        ),
        (
            "{ products { maker { name } reviews { text } left } }",
            {"products": 4 * 2, "reviews": 4 * (1 + 15), "stock": 4 * 3},
        ),
        # Products are reached from a review, whose subgraph has them as well.
        (
            "{ latest { product { name left } } }",
            {"reviews": 10 * (3 + 1), "products": 10, "stock": 10 * 3},
        ),
        # Of two types, the dearest one counts.
        (
            "{ found { ... on Product { reviews { text } } ... on Maker { name } } }",
            {"products": 10, "reviews": 10 * (1 + 15)},
        ),
        ('mutation { write(text: "a") { text } }', {"reviews": 7 + 3}),
        ("{ __typename }", {}),
    ],
)
def test_a_subgraph_costs_as_much_as_its_fetches(
    text: str, expected: dict[str, int]
) -> None:
    _, _, parts = costs_of(text)

    found = {name: each.estimate(VariableCosts({})) for name, each in parts.items()}

    assert found == expected


def test_the_part_of_a_subgraph_depends_on_variables() -> None:
    text = """
        query ($first: Int, $all: Boolean!) {
          products(first: $first) { name reviews @include(if: $all) { text } }
        }
    """
    _, _, parts = costs_of(text)

    def estimates(variables: JSONObject) -> tuple[int, int]:
        costs = VariableCosts(variables)
        return parts["products"].estimate(costs), parts["reviews"].estimate(costs)

    assert estimates({"first": 2, "all": True}) == (2, 2 * 16)
    assert estimates({"first": 5, "all": True}) == (5, 5 * 16)
    assert estimates({"first": 5, "all": False})[0] == 5


def test_the_dearest_fields_of_a_part_are_its_own() -> None:
    _, _, parts = costs_of("{ products { maker { name } reviews { text } } }")

    assert parts["reviews"].dearest(VariableCosts({})) == [
        ("products.reviews", 60),
        ("products", 4),
    ]


TEXTS = [
    "{ products { name maker { name } reviews { text product { left } } left } }",
    "{ latest { product { name left places { name } maker { name } } text } }",
    "{ found { name ... on Product { reviews { text } left } } product { left } }",
]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
def test_the_estimate_of_a_part_is_an_upper_bound_while_sizes_hold(
    text: str, seed: int
) -> None:
    operation, _, parts = costs_of(text)
    chance = random.Random(seed)  # noqa: S311 - test data

    data = _object(operation.fields, operation.root_type, chance)

    for each in parts.values():
        costs = VariableCosts({})
        assert 0 <= each.actual(data, costs) <= each.estimate(costs)


def _object(
    fields: tuple[Field, ...], type_name: str, chance: random.Random
) -> JSONObject:
    declared: Any = SCHEMA.type_map[type_name]
    data: JSONObject = {"__typename": type_name}
    for field in fields:
        if type_name in field.types and not field.name.startswith("__"):
            data[field.key] = _value(declared.fields[field.name].type, field, chance)
    return data


def _value(type_: Any, field: Field, chance: random.Random) -> Any:
    text = str(type_).strip("!")
    if text.startswith("["):
        return [_value(text[1:-1], field, chance) for _ in range(chance.randint(0, 4))]
    if chance.random() < 0.1 or not field.fields:
        return None
    named: Any = SCHEMA.type_map[text]
    possible = SCHEMA.get_possible_types(named) if text == "Item" else (named,)
    return _object(field.fields, chance.choice(possible).name, chance)
