"""The examples of the cost specification and of federation's documentation.

https://ibm.github.io/graphql-specs/cost-spec.html
https://www.apollographql.com/docs/graphos/routing/security/demand-control

Both are composed from their SDL. The specification has two costs, of types and of
fields. As Apollo Router, Weir adds them up, and multiplies the weight of a field by the
length of its list. The table names both numbers where they differ.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from weir.resolvers.cost.compile import operation_cost
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.operation import prepare
from weir.resolvers.operation.work import WorkBudget
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.supergraph import Supergraph, read_supergraph

LINK = """
    extend schema @link(
      url: "https://specs.apollo.dev/federation/v2.9"
      import: ["@cost", "@listSize"]
    )
"""
BOOKS = """
    type Query {
      book(id: ID): Book
      bestsellers: [Book] @listSize(assumedSize: 5)
      newestAdditions(after: ID, limit: Int!): [Book]
        @listSize(slicingArguments: ["limit"])
    }
    type Book { title: String author: Author publisher: Publisher }
    type Author { name: String }
    type Publisher { name: String address: Address }
    type Address %s { zipCode: Int! }
"""
WEIGHTED = BOOKS % "@cost(weight: 5)"
BOOK = "{ title author { name } publisher { name address { zipCode } } }"
LIST_SIZE = 10


@cache
def supergraph(sdl: str) -> Supergraph:
    composed = compose([Subgraph(name="one", url="", sdl=LINK + sdl)])
    assert isinstance(composed, Composed), composed
    return read_supergraph(composed.supergraph_sdl)


def cost_of(sdl: str, text: str) -> OperationCost:
    graph = supergraph(sdl)
    operation = prepare(text, None, graph.api_schema)
    return operation_cost(
        operation, graph.api_schema, graph.costs, LIST_SIZE, WorkBudget()
    )


@pytest.mark.parametrize(
    ("sdl", "text", "cost"),
    [
        (BOOKS % "", f"{{ book(id: 1) {BOOK} }}", 4),
        (WEIGHTED, f"{{ book(id: 1) {BOOK} }}", 8),
        (WEIGHTED, f"{{ bestsellers {BOOK} }}", 40),
        (WEIGHTED, f"{{ newestAdditions(limit: 3) {BOOK} }}", 24),
        (WEIGHTED, f"{{ newestAdditions(limit: 7) {BOOK} }}", 56),
    ],
)
def test_the_examples_of_federation_cost_as_documented(
    sdl: str, text: str, cost: int
) -> None:
    assert cost_of(sdl, text).estimate(VariableCosts({})) == cost


@dataclass(frozen=True)
class Example:
    """An example of the specification: its number, and the costs of one operation.

    `fields` and `types` are the costs there; the type of the query itself is left out,
    as Weir gives it no weight. `repeated` is the weight of a field with a list, for
    each further item of the list.
    """

    number: int
    sdl: str
    text: str
    fields: int
    types: int = 0
    repeated: int = 0


USERS = """
    type User { name: String age: Int @cost(weight: 2) }
    type Query { users(max: Int): [User] @listSize(slicingArguments: ["max"]) }
"""
TOP = """
    input Filter { approx: Approximate @cost(weight: -12) text: String }
    enum Approximate { YES }
    type Query {
      topProducts(filter: Filter @cost(weight: 15)): [String]
        @cost(weight: 5) @listSize(assumedSize: 10)
    }
"""
POPULAR = """
    enum Approximate { YES }
    type Product { name: String }
    type Query {
      mostPopularProduct(approx: Approximate @cost(weight: -3)): Product
        @cost(weight: 5)
    }
"""
TEXTS = """
    type Query {
      topProducts: [String] @cost(weight: 1) @listSize(assumedSize: 10)
      users(max: Int! = 3, few: Int): [String] @cost(weight: 1)
        @listSize(slicingArguments: ["max", "few"], requireOneSlicingArgument: false)
    }
"""
FILMS = """
    type Film { title: String }
    type FilmEdge { cursor: ID node: Film }
    type FilmConnection { edges: [FilmEdge] pageInfo: PageInfo }
    type PageInfo { hasNextPage: Boolean }
    type Query {
      films(first: Int, after: ID, last: Int, before: ID): FilmConnection
        @listSize(slicingArguments: ["first", "last"], sizedFields: ["edges"])
    }
"""
EXAMPLES = [
    # A field without a weight costs nothing, as its objects are counted.
    Example(2, USERS, "{ users(max: 5) { age } }", fields=5 * 2, types=5),
    Example(10, TOP, "{ topProducts }", fields=5, repeated=9 * 5),
    Example(10, TOP, '{ topProducts(filter: {text: "a"}) }', fields=20, repeated=9 * 5),
    Example(11, POPULAR, "{ mostPopularProduct { name } }", fields=5),
    Example(11, POPULAR, "{ mostPopularProduct(approx: YES) { name } }", fields=2),
    Example(
        12, TOP, "{ topProducts(filter: {approx: YES}) }", fields=8, repeated=9 * 5
    ),
    # The specification's lengths, with a weight that makes them visible.
    Example(16, TEXTS, "{ topProducts }", fields=1, repeated=9),
    Example(17, TEXTS, "{ users(max: 7) }", fields=1, repeated=6),
    Example(17, TEXTS, "{ users }", fields=1, repeated=2),
    Example(17, TEXTS, "{ users(max: 7, few: 9) }", fields=1, repeated=8),
    Example(18, FILMS, "{ films(first: 6) { edges { cursor } } }", fields=0, types=7),
    Example(
        18, FILMS, "{ films(last: 2) { edges { node { title } } } }", fields=0, types=5
    ),
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: f"{each.number}")
def test_the_examples_of_the_specification_cost_as_much_as_types_and_fields(
    example: Example,
) -> None:
    cost = cost_of(example.sdl, example.text).estimate(VariableCosts({}))

    assert cost == example.fields + example.types + example.repeated


def test_the_actual_cost_is_that_of_the_response_of_the_specification() -> None:
    cost = cost_of(USERS, "{ users(max: 5) { age } }")
    (users,) = cost.fields
    ages: list[Any] = [{"age": 33}, {"age": 45}, {"age": 27}]
    (member,) = users.members
    (age,) = member.fields
    data = {users.key: [{age.key: each["age"]} for each in ages]}

    # Examples 3 and 4: 3 times the weight of `age`, and 3 objects.
    assert cost.actual(data, VariableCosts({})) == 3 * 2 + 3


def test_an_operation_needs_one_slicing_argument_unless_it_is_optional() -> None:
    both = cost_of(FILMS, "{ films(first: 1, last: 2) { edges { cursor } } }")
    one = cost_of(FILMS, "{ films(first: 1) { edges { cursor } } }")
    optional = cost_of(TEXTS, "{ users(max: 7, few: 9) }")

    assert [given for _, given in both.missing_slices(VariableCosts({}))] == [2]
    assert not one.missing_slices(VariableCosts({}))
    assert not optional.missing_slices(VariableCosts({}))
