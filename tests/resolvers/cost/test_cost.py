"""The arithmetic of costs.

The expected numbers are those of Apollo Router for the same constructs, except where a
test says otherwise: https://www.apollographql.com/docs/graphos/routing/security/demand-control
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import build_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.contexts import a_context
from weir.gateway.limits.policy import CostLimit
from weir.resolvers.cost.admission import CostLimits, MeasuredCost, admit, assess
from weir.resolvers.cost.compile import operation_cost
from weir.resolvers.cost.errors import SlicingArgumentRequired, TooExpensive
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.operation import prepare
from weir.resolvers.operation.errors import LimitExceeded
from weir.resolvers.operation.fields import Field
from weir.resolvers.operation.work import WorkBudget
from weir.schema.graph.costs import CostTable, ListSize

SCHEMA = build_schema(
    """
    type Query {
      number: Int
      price: Money
      level: Level
      at(point: Point, limit: Int, points: [Point!], any: Json): Int
      book: Book
      item: Item
      found: Found
      books: [Book]
      numbers: [Int]
      grid: [[Book]]
      sliced(first: Int, last: Int): [Book]
      byIds(ids: [ID!]): [Book]
      page(first: Int = 10): Page
      deep(first: Int = 10): Deep
      search(input: Search): [Book]
      rare: Rare
    }
    type Mutation { add(point: Point): Int addBook: Book }
    scalar Money
    scalar Json
    enum Level { LOW HIGH }
    input Point { x: Int y: Int next: Point }
    input Search { paging: Paging text: String }
    input Paging { first: Int = 7 }
    interface Item { id: ID related: [Book] next: Item pick(at: Point): Int }
    union Found = Book | Rare
    type Book implements Item {
      id: ID related: [Book] next: Item pick(at: Point): Int
      author: Author cover: Money
    }
    type Rare implements Item {
      id: ID related: [Book] next: Item pick(at: Point): Int
      author: Author
    }
    type Author { name: String books: [Book] }
    type Page { items: [Book] total: Int }
    type Deep { page: Page items: [Book] }
    """
)
TABLE = CostTable(
    {
        "Query.price": 5,
        "Money": 30,
        "Level": 15,
        "Rare": 40,
        "Query.at(limit:)": 10,
        "Point.y": 20,
    },
    {
        "Query.numbers": ListSize(assumed=2000),
        "Query.sliced": ListSize(slicing=(("first",), ("last",)), requires_one=True),
        "Query.byIds": ListSize(assumed=50, slicing=(("ids",),)),
        "Query.page": ListSize(slicing=(("first",),), sized_fields=(("items",),)),
        "Query.deep": ListSize(
            slicing=(("first",),), sized_fields=(("page", "items"), ("items",))
        ),
        "Query.search": ListSize(assumed=25, slicing=(("input", "paging", "first"),)),
        "Item.related": ListSize(assumed=3),
    },
)
LIST = 100


def cost_of(text: str, work: WorkBudget | None = None) -> OperationCost:
    operation = prepare(text, None, SCHEMA)
    return operation_cost(operation, SCHEMA, TABLE, LIST, work or WorkBudget())


def estimated(limit: CostLimit, cost: OperationCost, **variables: bool) -> int:
    found = assess(
        CostLimits(limit), MeasuredCost(cost), VariableCosts(dict(variables))
    )
    return admit(found, "", a_context()).whole.estimated


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        # Values of leaves cost nothing, objects 1, each item of a list as much as one.
        ("{ number }", 0),
        ("{ __typename book { __typename } }", 1),
        ("{ book { id } }", 1),
        ("{ item { id } }", 40),
        ("{ books { id } }", 100),
        ("{ books { author { books { id } } } }", 100 * (1 + 1 + 100)),
        ("mutation { add }", 10),
        ("mutation { a: addBook { id } b: addBook { id } }", 12),
        # Weights of types and fields.
        ("{ price }", 5),
        ("{ level }", 15),
        ("{ rare { id } }", 40),
        ("{ book { cover } }", 31),
        # A union or an interface costs as much as its dearest member.
        ("{ found { ... on Book { author { name } } } }", 40),
        ("{ found { ... on Book { author { books { id } } } } }", 1 + 1 + 100),
        ("{ item { ... on Book { id } ... on Rare { author { name } } } }", 41),
        # A field that is selected twice is fetched once.
        ("{ book { id } book { id } a: book { id } }", 1),
        # Arguments.
        ("{ at(limit: 3) }", 10),
        ("{ at(point: {}) }", 1),
        ("{ at(point: {x: 1, y: 2}) }", 21),
        ("{ at(point: {next: {next: {}}}) }", 3),
        ("{ at(points: [{}, {y: 1}]) }", 22),
        ("{ at(limit: null, point: null) }", 0),
        ("{ at(any: {a: {b: 1}}) }", 0),
        # Lists.
        ("{ numbers }", 0),
        ("{ grid { id } }", 100 * 100),
        ("{ item { related { id } } }", 40 + 3),
        ("{ book { related { id } } }", 1 + 3),
        ("{ byIds(ids: []) { id } }", 0),
        ("{ byIds(ids: [1, 2]) { id } }", 2),
        ("{ byIds { id } }", 50),
        ("{ byIds(ids: null) { id } }", 50),
        # A single value stands for a list of it.
        ("{ byIds(ids: 0) { id } }", 1),
        ('{ byIds(ids: "a") { id } }', 1),
        ("{ sliced(first: 4) { id } }", 4),
        # Some services return everything then. Apollo Router assumes an empty list.
        ("{ sliced(first: -4) { id } }", 100),
        ("{ sliced(first: -4, last: 2) { id } }", 2),
        ("{ sliced(first: 4, last: 9) { id } }", 9),
        ("{ page(first: 5) { items { id } } }", 6),
        ("{ page { items { id } } }", 11),
        ("{ page { total } }", 1),
        ("{ deep(first: 7) { page { items { id } } } }", 9),
        ("{ deep(first: 7) { items { id } page { items { id } } } }", 16),
        ("{ search(input: {paging: {first: 10}}) { id } }", 12),
        # Apollo Router leaves out the default of an input field, which services set.
        ("{ search(input: {paging: {}}) { id } }", 7 + 2),
        ("{ search(input: {}) { id } }", 26),
        ("{ search { id } }", 25),
        # Conditions that are known.
        ("{ book @skip(if: true) { id } }", 0),
        ("{ book @include(if: false) { id } }", 0),
    ],
)
def test_an_operation_costs(text: str, cost: int) -> None:
    found = cost_of(text)

    assert found.estimate(VariableCosts({})) == cost
    assert all(each.constant is not None for each in found.fields)


@pytest.mark.parametrize(
    ("text", "variables", "cost"),
    [
        ("query ($n: Int) { sliced(first: $n) { id } }", {"n": 4}, 4),
        ("query ($n: Int) { sliced(first: $n) { id } }", {}, 100),
        ("query ($n: Int) { page(first: $n) { items { id } } }", {"n": 3}, 4),
        ("query ($n: Int) { page(first: $n) { items { id } } }", {}, 11),
        ("query ($ids: [ID!]) { byIds(ids: $ids) { id } }", {"ids": ["a", "b"]}, 2),
        ("query ($ids: [ID!]) { byIds(ids: $ids) { id } }", {"ids": None}, 50),
        (
            "query ($i: Search) { search(input: $i) { id } }",
            {"i": {"paging": {"first": 3}}},
            5,
        ),
        ("query ($p: Point) { at(point: $p) }", {"p": {"y": 1, "next": {}}}, 22),
        ("query ($p: Point) { at(point: $p) }", {}, 0),
        ("query ($y: Int) { at(point: {y: $y}) }", {"y": 1}, 21),
        ("query ($y: Int) { at(point: {y: $y}) }", {}, 1),
        ("query ($b: Boolean!) { book @include(if: $b) { id } }", {"b": True}, 1),
        ("query ($b: Boolean!) { book @include(if: $b) { id } }", {"b": False}, 0),
        (
            "query ($b: Boolean!) { books { author @skip(if: $b) { name } } }",
            {"b": True},
            100,
        ),
    ],
)
def test_the_cost_of_an_operation_depends_on_its_variables(
    text: str, variables: dict[str, Any], cost: int
) -> None:
    assert cost_of(text).estimate(VariableCosts(variables)) == cost


def test_a_value_may_be_nested_as_deep_as_json_allows() -> None:
    nested: dict[str, Any] = {"x": 1}
    for _ in range(1000):
        nested = {"next": nested}
    cost = cost_of("query ($p: Point) { at(point: $p) }")

    assert cost.estimate(VariableCosts({"p": nested})) == 1001


def test_each_cost_is_computed_once_for_the_variables_of_a_request() -> None:
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    # Each item is a Book or a Rare, so that there are 2**30 ways down.
    nested = "{ item " + "{ next " * 30 + "{ pick(at: $p) }" + "}" * 30 + " }"
    cost = cost_of(f"query ($p: Point) {nested}")
    costs = VariableCosts({"p": {"y": 1}}, WorkBudget(pause=count))

    assert cost.estimate(costs) == 31 * 40 + 21
    assert steps <= cost.steps < 200


def test_a_variable_in_many_arguments_is_read_once() -> None:
    class Items(list[Any]):
        reads = 0

        def __iter__(self) -> Iterator[Any]:
            self.reads += 1
            return super().__iter__()

    items = Items([{"y": 1}] * 10)
    calls = " ".join(f"a{n}: at(limit: {n}, points: $p)" for n in range(100))
    cost = cost_of(f"query ($p: [Point!]) {{ {calls} }}")

    assert cost.estimate(VariableCosts({"p": items})) == 100 * (10 + 210)
    assert items.reads == 1


def test_a_negative_number_is_a_slicing_argument_that_is_set() -> None:
    limit = CostLimit(maximum=1000, enforced=True)

    assert estimated(limit, cost_of("{ sliced(first: -4) { id } }")) == 100


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ number(less: 1) }", 0),
        ("{ price(less: 1) }", 15),
        ("{ price a: number b: number(less: 1) }", 20),
        ("query ($n: Int) { price number(less: $n) }", 20),
        ("{ short { id } price }", 20),
    ],
)
def test_a_negative_weight_makes_no_other_field_cheaper(text: str, cost: int) -> None:
    schema = build_schema(
        """
        type Query { number(less: Int): Int price(less: Int): Int short: [Short] }
        type Short { id: ID }
        """
    )
    weights = {"Query.price": 20, "Query.number(less:)": -5, "Query.price(less:)": -5}
    sizes = {"Query.short": ListSize(assumed=-100)}
    operation = prepare(text, None, schema)
    found = operation_cost(
        operation, schema, CostTable(weights, sizes), 10, WorkBudget()
    )

    assert found.estimate(VariableCosts({"n": 1})) == cost
    data: dict[str, Any] = {each.key: 1 for each in found.fields}
    assert found.actual(data, VariableCosts({"n": 1})) == cost


def test_costs_are_limited_to_numbers_that_json_has() -> None:
    nested = "{ books " + "{ author { books " * 20 + "{ id }" + "} }" * 20 + " }"

    assert cost_of(nested).estimate(VariableCosts({})) == 2**53 - 1


def test_the_costs_of_many_fields_are_not_compiled() -> None:
    with pytest.raises(LimitExceeded):
        cost_of("{ books { author { name } } }", WorkBudget(steps=100))


@pytest.mark.parametrize(
    ("text", "data", "cost"),
    [
        ("{ number price }", {"number": 1, "price": 2}, 5),
        ("{ price }", {"price": None}, 0),
        ("{ books { id } }", {"books": [{"id": 1}, None, {"id": 2}]}, 2),
        ("{ grid { id } }", {"grid": [[{"id": 1}], None, [{"id": 2}, {"id": 3}]]}, 3),
        (
            "{ books { author { name } } }",
            {"books": [{"author": {"name": "A"}}, {"author": None}]},
            3,
        ),
        (
            "{ found { ... on Book { author { name } } ... on Rare { id } } }",
            {"found": {"__typename": "Rare", "id": 1, "author": {"name": "other"}}},
            40,
        ),
        ("{ at__: number }", {}, 0),
        ("mutation { addBook { id } }", {"addBook": {"id": 1}}, 11),
        # A custom scalar may be a list or an object.
        ("{ book { cover } }", {"book": {"cover": [{"a": 1}, 2]}}, 31),
    ],
)
def test_replies_cost(text: str, data: dict[str, Any], cost: int) -> None:
    assert cost_of(text).actual(data, VariableCosts({})) == cost


def test_the_dearest_fields_are_named_by_the_path_that_the_client_wrote() -> None:
    cost = cost_of("{ books { author { books { id } } } price number }")

    assert cost.dearest(VariableCosts({})) == [
        ("books.author.books", 10_000),
        ("books", 100),
        ("books.author", 100),
        ("price", 5),
    ]


def test_a_rejection_has_both_numbers_and_the_dearest_fields() -> None:
    limit = CostLimit(maximum=99, enforced=True)

    with pytest.raises(TooExpensive) as error:
        estimated(limit, cost_of("{ books { id } price }"))

    assert error.value.detail == (
        "The operation is estimated to cost 105; 99 is allowed. "
        "The dearest fields: books 100, price 5."
    )


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("{ sliced { id } }", 0),
        ("{ sliced(first: null) { id } }", 0),
        ("{ sliced(first: 1, last: 1) { id } }", 2),
    ],
)
def test_a_list_needs_exactly_one_slicing_argument(text: str, given: int) -> None:
    enforced = CostLimit(maximum=1000, enforced=True)
    measured = CostLimit(maximum=1000)
    cost = cost_of(text)

    with pytest.raises(SlicingArgumentRequired, match=f"first, last; it has {given}"):
        estimated(enforced, cost)
    assert estimated(measured, cost) >= 0


def test_a_field_that_is_skipped_needs_no_slicing_argument() -> None:
    limit = CostLimit(maximum=1000, enforced=True)
    cost = cost_of("query ($b: Boolean!) { sliced @include(if: $b) { id } }")

    assert estimated(limit, cost, b=False) == 0
    with pytest.raises(SlicingArgumentRequired):
        estimated(limit, cost, b=True)


OPERATIONS = [
    "{ books { id related { author { name } cover } } price level }",
    "{ found { ... on Book { author { books { id } } } ... on Rare { id } } }",
    "{ item { id related { id cover } ... on Rare { author { name } } } }",
    "{ grid { author { name } } page(first: 3) { items { cover } } numbers }",
    "{ deep(first: 2) { items { id } page { items { author { name } } } } }",
    "mutation { a: addBook { related { id } } add(point: {y: 1}) }",
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(OPERATIONS), st.integers(0, 2**32))
def test_the_estimate_is_an_upper_bound_while_sizes_hold(text: str, seed: int) -> None:
    operation = prepare(text, None, SCHEMA)
    table = CostTable(TABLE.weights, TABLE.list_sizes)
    cost = operation_cost(operation, SCHEMA, table, 3, WorkBudget())
    chance = random.Random(seed)  # noqa: S311 - test data

    data = merged(operation.fields, operation.root_type, 2, chance)

    assert 0 <= cost.actual(data, VariableCosts({})) <= cost.estimate(VariableCosts({}))


def merged(
    fields: tuple[Field, ...], type_name: str, most: int, chance: random.Random
) -> dict[str, Any]:
    """Random merged replies, with lists of at most `most` items."""
    data: dict[str, Any] = {"__typename": type_name}
    for field in fields:
        if type_name in field.types:
            declared: Any = SCHEMA.type_map[type_name]
            type_ = declared.fields[field.name].type
            data[field.key] = random_value(str(type_), field, most, chance)
    return data


def random_value(type_: str, field: Field, most: int, chance: random.Random) -> Any:
    if chance.random() < 0.2:
        return None
    if type_.startswith("["):
        inner = type_[1:-1]
        return [
            random_value(inner, field, most, chance)
            for _ in range(chance.randint(0, most))
        ]
    named: Any = SCHEMA.type_map[type_]
    if not field.fields:
        return 1
    possible = SCHEMA.get_possible_types(named) if type_ in {"Item", "Found"} else None
    name = chance.choice([each.name for each in possible]) if possible else type_
    return merged(field.fields, name, most, chance)
