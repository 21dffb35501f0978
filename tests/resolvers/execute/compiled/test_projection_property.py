"""Compiled projections do what the projector does, or leave a value to it."""

import random
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    build_schema,
    is_abstract_type,
    parse,
    validate,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.both_ways import damaged
from tests.support.random_operations import operations
from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.compiled.compiling import compiled
from weir.resolvers.execute.compiled.projection_source import projection_source
from weir.resolvers.execute.compiled.runtime import NotAsExpected
from weir.resolvers.execute.compiled.source import NotCompilable, Reason
from weir.resolvers.execute.response.field_rules import (
    NO_RULES,
    Fails,
    FieldRule,
    StandIn,
)
from weir.resolvers.execute.response.projection import Projector, ResponseFails
from weir.resolvers.execute.response.shape import OperationShape, Shape
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.response_key import response_key
from weir.resolvers.operation.work import WorkBudget

SCHEMA = build_schema("""
    type Query {
      product(by: Int): Product
      sure: Product!
      products: [Product]
      dense: [Product!]!
      grid: [[Int!]]
      colors: [Color]
      media: Media
      mediaSure: [Media!]
      node: Node
      query: Query
      leaf: Leaf
    }
    type Product {
      id: ID! name: String color: Color sure: Color! tags: [String!] maker: Maker!
      any: Any anyList: [Any]
    }
    type Maker { id: ID! name: String! boss: Maker }
    interface Node { id: ID! }
    type Book implements Node { id: ID! title: String! pages: Int }
    type Film implements Node { id: ID! title: String! minutes: Int }
    union Media = Book | Film
    enum Color { RED GREEN }
    type Leaf { int: Int float: Float string: String id: ID boolean: Boolean any: Any }
    scalar Any
""")
DECLARED = {
    "Color": frozenset({"RED", "GREEN", "SECRET"}),
    "Media": frozenset({"Book", "Film", "Draft"}),
    "Node": frozenset({"Book", "Film", "Draft"}),
}
RULES = {
    "Product.name": FieldRule(most_graphemes=3, degraded=StandIn("none")),
    "Product.tags": FieldRule(most_graphemes=2, most_items=1),
    "Query.products": FieldRule(most_items=1),
    "Query.dense": FieldRule(most_items=0, degraded=StandIn([])),
    "Product.maker": FieldRule(degraded=Fails.FAILS),
}
VALUES: dict[str, tuple[Any, ...]] = {
    "ID": ("1", 7),
    "String": ("text", ""),
    "Int": (1, -3, 4.0),
    "Float": (1.5, 2),
    "Boolean": (True, False),
    "Any": ("x", 1, 2.5, True, [1, [2]], {"a": {"b": None}}),
    "Color": ("RED", "GREEN"),
}


def value_of(type_: Any, rng: random.Random, hidden: float, depth: int = 0) -> Any:
    """Return a value that fits a type; with `hidden`, also ones that clients miss."""
    if isinstance(type_, GraphQLNonNull):
        return value_of(type_.of_type, rng, 0, depth) or value_of(
            type_.of_type, rng, 0, depth + 9
        )
    if rng.random() < (0.9 if depth > 3 else 0.1) and depth < 9:
        return None
    if isinstance(type_, GraphQLList):
        count = rng.randrange(3)
        return [value_of(type_.of_type, rng, hidden, depth + 1) for _ in range(count)]
    if rng.random() < hidden and type_.name in DECLARED:
        is_enum = isinstance(type_, GraphQLEnumType)
        return "SECRET" if is_enum else {"__typename": "Draft", "id": "d"}
    if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
        return rng.choice(VALUES[type_.name])
    if is_abstract_type(type_):
        possible = sorted(SCHEMA.get_possible_types(type_), key=lambda each: each.name)
        type_ = rng.choice(possible)
    return object_of(type_, rng, hidden, depth + 1)


def key_of(field: str) -> str:
    document: Any = parse(f"{{ {field} }}")
    return response_key(document.definitions[0].selection_set.selections[0])


BY_1, BY_N = key_of("product(by: 1)"), key_of("product(by: $n)")


def object_of(
    type_: Any, rng: random.Random, hidden: float, depth: int = 0
) -> JSONObject:
    made: JSONObject = {"__typename": type_.name}
    for name, field in type_.fields.items():
        if depth < 12:
            made[name] = value_of(field.type, rng, hidden, depth)
    if "product" in made:
        made[BY_1] = made[BY_N] = made["product"]
    return made


def outcome(shape: Shape, source: JSONObject) -> tuple[bytes, Any, int]:
    run = Projector(None, 10**6, WorkBudget())
    try:
        data = run.show(shape.selection, source, None)
    except ResponseFails:
        data = None
    # A rule may have replaced the value of a field that failed.
    failed = [*run.errors(), *run.degraded()]
    return orjson.dumps(data), failed, run.values


def check(document: str, variables: JSONObject, rng: random.Random) -> str:
    """Compare both ways on one response; return what compiled code did."""
    operation = normalise(parse(document), None, SCHEMA)
    share = rng.choice((0.0, 0.0, 0.01, 0.05, 0.3))
    root: Any = SCHEMA.query_type
    source = object_of(root, rng, hidden=0.1 if rng.random() < 0.5 else 0.0)
    source = {key: damaged(value, rng, share) for key, value in source.items()}
    rules = RULES if rng.random() < 0.5 else NO_RULES
    shape = OperationShape(operation, SCHEMA, DECLARED, rules=rules).of(variables)
    code = compiled(projection_source(shape.selection, WorkBudget()), WorkBudget())
    (project,) = code.functions.values()
    data, errors, values = outcome(shape, source)
    run = Projector(None, 10**6, WorkBudget())
    try:
        made = project(source, run)
    except NotAsExpected:
        assert errors, (document, source)
        return "left to the projector"
    assert (orjson.dumps(made), []) == (data, list(errors)), (document, source)
    assert run.values >= values
    return "projected"


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(asked=operations(SCHEMA), seed=st.integers(0, 2**32))
def test_projections_are_the_same_both_ways(asked: Any, seed: int) -> None:
    if not validate(SCHEMA, parse(asked.document)):
        rng = random.Random(seed)  # noqa: S311 - data, not secrets
        check(asked.document, asked.variables, rng)


def test_of_many_types_those_that_occurred_are_compiled() -> None:
    types = " ".join(f"type T{n} implements I {{ id: ID! }}" for n in range(20))
    schema = build_schema(f"type Query {{ i: I }} interface I {{ id: ID! }} {types}")
    operation = normalise(parse("{ i { id } }"), None, schema)
    shape = OperationShape(operation, schema, {}).of({})

    def project(name: str) -> JSONObject:
        source = projection_source(shape.selection, WorkBudget())
        (function,) = compiled(source, WorkBudget()).functions.values()
        run = Projector(None, 100, WorkBudget())
        made: JSONObject = function({"i": {"__typename": name, "id": "1"}}, run)
        return made

    with pytest.raises(NotAsExpected):
        project("T7")
    outcome(shape, {"i": {"__typename": "T7", "id": "1"}})

    assert project("T7") == {"i": {"id": "1"}}
    with pytest.raises(NotAsExpected):
        project("T8")


def projected(document: str, source: JSONObject) -> JSONObject:
    shape = OperationShape(normalise(parse(document), None, SCHEMA), SCHEMA, {}).of({})
    code = compiled(projection_source(shape.selection, WorkBudget()), WorkBudget())
    (project,) = code.functions.values()
    made: JSONObject = project(source, Projector(None, 10**6, WorkBudget()))
    return made


ALIASES = """or_none if_hidden list_product response get None def source __class__ kind
json items projection len KEYS_product"""


@pytest.mark.parametrize("alias", ALIASES.split())
def test_no_alias_replaces_a_name_of_the_code(alias: str) -> None:
    """The aliases of clients are parts of names: functions, constants, variables."""
    fields = f"{alias}: color {alias}_2: name {alias}_3: tags {alias}_4: any"
    document = (
        f"{{ {alias}: product {{ {fields} }} {alias}_2: media {{ __typename }} }}"
    )
    product = {"color": "RED", "any": [1], "tags": ["a"]}
    source = {"product": product, "media": {"__typename": "Book"}}

    assert projected(document, source) == {
        alias: {
            alias: "RED",
            f"{alias}_2": None,
            f"{alias}_3": ["a"],
            f"{alias}_4": [1],
        },
        f"{alias}_2": {"__typename": "Book"},
    }


def test_a_selection_of_too_many_fields_is_interpreted() -> None:
    aliases = " ".join(f"a{n}: name" for n in range(200))

    with pytest.raises(NotCompilable) as error:
        projected(f"{{ product {{ {aliases} }} }}", {})

    assert error.value.reason is Reason.SIZE


@pytest.mark.parametrize("value", [{}, [], 1.5, True, "text", None, [[]], 2**63])
def test_no_value_of_another_type_is_shown(value: Any) -> None:
    """Each value in the place of each field of a product, with and without a list."""
    document = "{ sure { id name color sure tags any maker { id } } products { id } }"
    product = {
        "id": "1",
        "name": "N",
        "color": "RED",
        "sure": "RED",
        "tags": ["a"],
        "any": 1,
        "maker": {"id": "9"},
    }
    operation = normalise(parse(document), None, SCHEMA)
    shape = OperationShape(operation, SCHEMA, DECLARED).of({})
    code = compiled(projection_source(shape.selection, WorkBudget()), WorkBudget())
    (project,) = code.functions.values()
    for field in product:
        for source in (
            {"sure": {**product, field: value}, "products": [product]},
            {"sure": product, "products": [product, {**product, field: value}]},
            {"sure": product, "products": value},
        ):
            data, errors, _ = outcome(shape, source)
            try:
                made = project(source, Projector(None, 10**6, WorkBudget()))
            except NotAsExpected:
                assert errors
            else:
                assert (orjson.dumps(made), []) == (data, list(errors))
