"""What the client sees of a response: picked, named, ordered, typed, null where due."""

from typing import Any

import pytest
from graphql import FieldNode, build_schema, parse

from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.response.projection import Projector
from weir.resolvers.execute.response.shape import OperationShape
from weir.resolvers.operation.operation import Operation, normalise
from weir.resolvers.operation.response_key import response_key
from weir.resolvers.operation.work import WorkBudget

SCHEMA = build_schema("""
    type Query {
      product: Product
      sure: Product!
      products: [Product]
      dense: [Product!]
      denseSure: [Product!]!
      grid: [[Int!]]
      media: Media
      mediaSure: Media!
      node(id: ID): Node
      query: Query!
      lonely: Lonely
      leaf: Leaf
    }
    type Mutation { add(n: Int): Product }
    type Product { id: ID! name: String color: Color tags: [String!] maker: Maker! }
    type Maker { id: ID! name: String! boss: Maker }
    interface Node { id: ID! }
    type Book implements Node { id: ID! title: String! pages: Int }
    type Film implements Node { id: ID! title: String! minutes: Int }
    interface Lonely { id: ID! }
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


def parse_field(text: str) -> FieldNode:
    document: Any = parse(f"{{ {text} }}")
    field: FieldNode = document.definitions[0].selection_set.selections[0]
    return field


def project(
    query: str, source: JSONObject, variables: JSONObject | None = None
) -> tuple[JSONObject | None, list[tuple[str, str]]]:
    """Return the data, and the errors as (dotted path, message)."""
    operation = normalise(parse(query), None, SCHEMA)
    run = Projector(None, 10_000, WorkBudget())
    data = run.show(
        OperationShape(operation, SCHEMA, DECLARED).of(variables or {}).selection,
        source,
        None,
    )
    return data, [
        (".".join(map(str, error["path"])), error["message"]) for error in run.errors()
    ]


P = {"id": "1", "name": "N", "maker": {"id": "9", "name": "M"}}
BOOK = {"__typename": "Book", "id": "b", "title": "T", "pages": 3}
FILM = {"__typename": "Film", "id": "f", "title": "U", "minutes": 4}

NODE_B = response_key(parse_field('node(id: "b")'))

SHOWN: list[tuple[str, JSONObject, JSONObject]] = [
    ("{ product { id } }", {"product": P}, {"product": {"id": "1"}}),
    (
        "{ b: product { x: id } a: product { name } }",
        {"product": P},
        {"b": {"x": "1"}, "a": {"name": "N"}},
    ),
    (
        "{ product { id } product { name } }",
        {"product": P},
        {"product": {"id": "1", "name": "N"}},
    ),
    ("{ product { id } }", {"product": None}, {"product": None}),
    ("{ product { id } }", {}, {"product": None}),
    ("{ product { name } }", {"product": {}}, {"product": {"name": None}}),
    (
        "{ products { id } }",
        {"products": [P, None, P]},
        {"products": [{"id": "1"}, None, {"id": "1"}]},
    ),
    ("{ grid }", {"grid": [[1, 2], None, []]}, {"grid": [[1, 2], None, []]}),
    ("{ __typename }", {"__typename": "RootQuery"}, {"__typename": "Query"}),
    (
        "{ t: __typename product { t: __typename } }",
        {"product": P},
        {"t": "Query", "product": {"t": "Product"}},
    ),
    (
        "{ media { __typename ... on Book { title pages } ... on Film { minutes } } }",
        {"media": BOOK},
        {"media": {"__typename": "Book", "title": "T", "pages": 3}},
    ),
    (
        "{ media { ... on Node { id } ... F } } fragment F on Film { minutes id }",
        {"media": FILM},
        {"media": {"id": "f", "minutes": 4}},
    ),
    ("{ media { ... on Book { id } } }", {"media": FILM}, {"media": {}}),
    (
        '{ node(id: "b") { id } }',
        {NODE_B: BOOK, "node": FILM},
        {"node": {"id": "b"}},
    ),
    # An interface object does not know its type; nothing that is asked needs it.
    ("{ node { id } }", {"node": {"id": "1"}}, {"node": {"id": "1"}}),
    (
        "{ node { id ... on Node { x: id } } }",
        {"node": {"id": "1"}},
        {"node": {"id": "1", "x": "1"}},
    ),
    ("{ lonely { id } }", {"lonely": {"id": "1"}}, {"lonely": {"id": "1"}}),
    # Only what this view of the graph knows: another type, another value.
    ("{ media { __typename } }", {"media": {"__typename": "Draft"}}, {"media": None}),
    ("{ node { id } }", {"node": {"__typename": "Draft", "id": 1}}, {"node": None}),
    (
        "{ product { color } }",
        {"product": {"color": "RED"}},
        {"product": {"color": "RED"}},
    ),
    (
        "{ product { color } }",
        {"product": {"color": "SECRET"}},
        {"product": {"color": None}},
    ),
    # Values keep their value.
    *(
        (f"{{ leaf {{ {name} }} }}", {"leaf": {name: value}}, {"leaf": {name: value}})
        for name, value in [
            ("int", 2**64 - 1),
            ("int", -(2**63)),
            ("float", 0.1),
            ("float", 1),
            ("id", 7),
            ("id", "7"),
            ("boolean", False),
            ("any", {"deep": [1, {"er": None}]}),
            ("any", [True]),
            ("any", 1.5),
            ("any", 3),
        ]
    ),
    ("{ leaf { int } }", {"leaf": {"int": 3.0}}, {"leaf": {"int": 3}}),
]


@pytest.mark.parametrize(("query", "source", "expected"), SHOWN)
def test_shows(query: str, source: JSONObject, expected: JSONObject) -> None:
    data, errors = project(query, source)

    assert (data, errors) == (expected, [])


def test_fields_come_in_the_order_of_their_first_occurrence() -> None:
    query = """
      query ($late: Boolean!) {
        product { name @skip(if: $late) ...F name id }
      }
      fragment F on Product { maker { id } tags }
    """
    source = {"product": {**P, "tags": []}}

    early, _ = project(query, source, {"late": False})
    late, _ = project(query, source, {"late": True})

    assert early is not None
    assert list(early["product"]) == ["name", "maker", "tags", "id"]
    assert late is not None
    assert list(late["product"]) == ["maker", "tags", "name", "id"]


CONDITIONS = """
  query ($a: Boolean!, $b: Boolean!) {
    product {
      id @include(if: $a)
      ... @skip(if: $b) { name }
      ...F @include(if: $a)
      x: id @skip(if: true)
      y: id @include(if: true)
    }
  }
  fragment F on Product { maker { id @include(if: $b) name } }
"""


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (True, True, {"id": "1", "maker": {"id": "9", "name": "M"}, "y": "1"}),
        (True, False, {"id": "1", "name": "N", "maker": {"name": "M"}, "y": "1"}),
        (False, True, {"y": "1"}),
        (False, False, {"name": "N", "y": "1"}),
    ],
)
def test_conditions_are_the_variables_values(
    *, a: bool, b: bool, expected: JSONObject
) -> None:
    data, _ = project(CONDITIONS, {"product": P}, {"a": a, "b": b})

    assert data == {"product": expected}


NO_MAKER = {"id": "1", "name": "N", "maker": None}
NO_NAME = {"id": "1", "maker": {"id": "9", "name": None}}
NULL = "Cannot return null for non-nullable field"
MISFIT = "does not fit its type."

CLIMBS: list[tuple[str, JSONObject, Any, list[tuple[str, str]]]] = [
    (
        "{ product { maker { id } } }",
        {"product": NO_MAKER},
        {"product": None},
        [("product.maker", f"{NULL} Product.maker.")],
    ),
    (
        "{ product { maker { name } } }",
        {"product": NO_NAME},
        {"product": None},
        [("product.maker.name", f"{NULL} Maker.name.")],
    ),
    (
        "{ sure { maker { name } } product { id } }",
        {"sure": NO_NAME, "product": P},
        None,
        [("sure.maker.name", f"{NULL} Maker.name.")],
    ),
    (
        "{ products { maker { id } } }",
        {"products": [P, NO_MAKER]},
        {"products": [{"maker": {"id": "9"}}, None]},
        [("products.1.maker", f"{NULL} Product.maker.")],
    ),
    (
        "{ dense { maker { id } } }",
        {"dense": [P, NO_MAKER]},
        {"dense": None},
        [("dense.1.maker", f"{NULL} Product.maker.")],
    ),
    (
        "{ dense { id } }",
        {"dense": [None]},
        {"dense": None},
        [("dense.0", f"{NULL} Query.dense.")],
    ),
    (
        "{ denseSure { id } }",
        {"denseSure": [None]},
        None,
        [("denseSure.0", f"{NULL} Query.denseSure.")],
    ),
    ("{ denseSure { id } }", {}, None, [("denseSure", f"{NULL} Query.denseSure.")]),
    (
        "{ grid }",
        {"grid": [[1, None], [2]]},
        {"grid": [None, [2]]},
        [("grid.0.1", f"{NULL} Query.grid.")],
    ),
    (
        "{ product { tags } }",
        {"product": {"tags": ["a", None]}},
        {"product": {"tags": None}},
        [("product.tags.1", f"{NULL} Product.tags.")],
    ),
    (
        "{ mediaSure { __typename } }",
        {"mediaSure": {"__typename": "Draft"}},
        None,
        [("mediaSure", f"{NULL} Query.mediaSure.")],
    ),
    ("{ a: sure { id } }", {"sure": None}, None, [("a", f"{NULL} Query.sure.")]),
]


@pytest.mark.parametrize(("query", "source", "expected", "errors"), CLIMBS)
def test_null_climbs_to_the_nearest_nullable_parent(
    query: str, source: JSONObject, expected: Any, errors: list[tuple[str, str]]
) -> None:
    assert project(query, source) == (expected, errors)


BOOK_ = {name: value for name, value in BOOK.items() if name != "__typename"}

MISFITS: list[tuple[str, JSONObject, Any, str]] = [
    (
        "{ product { name } }",
        {"product": {"name": {"a": 1}}},
        {"product": {"name": None}},
        "product.name",
    ),
    (
        "{ product { name } }",
        {"product": {"name": 3}},
        {"product": {"name": None}},
        "product.name",
    ),
    ("{ product { id } }", {"product": {"id": True}}, {"product": None}, "product.id"),
    ("{ product { id } }", {"product": "text"}, {"product": None}, "product"),
    ("{ product { id } }", {"product": [P]}, {"product": None}, "product"),
    ("{ products { id } }", {"products": P}, {"products": None}, "products"),
    (
        "{ products { id } }",
        {"products": [P, 3]},
        {"products": [{"id": "1"}, None]},
        "products.1",
    ),
    (
        "{ product { color } }",
        {"product": {"color": ["RED"]}},
        {"product": {"color": None}},
        "product.color",
    ),
    (
        "{ product { tags } }",
        {"product": {"tags": ["a", 1]}},
        {"product": {"tags": None}},
        "product.tags.1",
    ),
    ("{ media { __typename } }", {"media": {"title": "T"}}, {"media": None}, "media"),
    ("{ node { id __typename } }", {"node": {"id": "1"}}, {"node": None}, "node"),
    ("{ node { id ... on Book { title } } }", {"node": BOOK_}, {"node": None}, "node"),
    (
        "{ media { __typename } }",
        {"media": {"__typename": 3}},
        {"media": None},
        "media",
    ),
    ("{ media { __typename } }", {"media": 3}, {"media": None}, "media"),
    ("{ leaf { int } }", {"leaf": {"int": 3.5}}, {"leaf": {"int": None}}, "leaf.int"),
    ("{ leaf { int } }", {"leaf": {"int": True}}, {"leaf": {"int": None}}, "leaf.int"),
    (
        "{ leaf { boolean } }",
        {"leaf": {"boolean": 0}},
        {"leaf": {"boolean": None}},
        "leaf.boolean",
    ),
    (
        "{ leaf { float } }",
        {"leaf": {"float": "1"}},
        {"leaf": {"float": None}},
        "leaf.float",
    ),
    ("{ leaf { any } }", {"leaf": {"any": 2**64}}, {"leaf": {"any": None}}, "leaf.any"),
]


@pytest.mark.parametrize(("query", "source", "expected", "place"), MISFITS)
def test_a_value_that_does_not_fit_its_type_is_null_with_an_error(
    query: str, source: JSONObject, expected: Any, place: str
) -> None:
    data, errors = project(query, source)

    assert data == expected
    assert [path for path, _ in errors] == [place]
    assert errors[0][1].endswith(MISFIT)


UNDECLARED: list[tuple[str, JSONObject, Any, str, str]] = [
    (
        "{ product { id color } }",
        {"product": {"id": "1", "color": "BLUE"}},
        {"product": {"id": "1", "color": None}},
        "product.color",
        "The value of Product.color",
    ),
    (
        "{ media { __typename } }",
        {"media": {"__typename": "Song"}},
        {"media": None},
        "media",
        "The type of Query.media",
    ),
    (
        "{ node { id } }",
        {"node": {"__typename": "Maker", "id": 1}},
        {"node": None},
        "node",
        "The type of Query.node",
    ),
    (
        "{ mediaSure { __typename } }",
        {"mediaSure": {"__typename": "Song"}},
        None,
        "mediaSure",
        "The type of Query.mediaSure",
    ),
]


@pytest.mark.parametrize(("query", "source", "expected", "at", "start"), UNDECLARED)
def test_an_undeclared_value_or_type_is_null_with_an_error(
    query: str, source: JSONObject, expected: Any, at: str, start: str
) -> None:
    message = f"{start} is not declared by a service."

    assert project(query, source) == (expected, [(at, message)])


def test_a_custom_scalar_deeper_than_our_encoder_writes_is_null() -> None:
    deep: Any = 1
    for _ in range(300):
        deep = [deep]

    data, errors = project("{ leaf { any id } }", {"leaf": {"any": deep, "id": "1"}})

    assert data == {"leaf": {"any": None, "id": "1"}}
    assert [path for path, _ in errors] == ["leaf.any"]


def test_mutations_are_keyed_by_the_clients_names() -> None:
    query = "mutation { a: add(n: 1) { id } b: add(n: 1) { id } }"

    data, _ = project(query, {"a": {"id": "1"}, "b": {"id": "2"}})

    assert data == {"a": {"id": "1"}, "b": {"id": "2"}}


@pytest.mark.parametrize(
    "twice",
    ["a: boss {{ ...F{0} }} b: boss {{ ...F{0} }}", "...F{0} ... {{ ...F{0} }}"],
)
def test_fragments_that_multiply_are_shaped_once(twice: str) -> None:
    levels = 40
    fragments = "".join(
        f"fragment F{n} on Maker {{ {twice.format(n + 1)} }}" for n in range(levels)
    )
    query = f"{{ product {{ maker {{ ...F0 }} }} }} {fragments}"
    query += f"fragment F{levels} on Maker {{ id }}"
    document: Any = parse(query)
    main, *others = document.definitions
    operation = Operation(
        name=None,
        kind=main.operation,
        document=document,
        definition=main,
        fragments={each.name.value: each for each in others},
        variables={},
        root_type="Query",
        fields=(),
    )

    shape = OperationShape(operation, SCHEMA, DECLARED).of({}).selection

    assert [field.response_key for field in shape.fields] == ["product"]


def test_the_shapes_of_a_few_conditions_are_cached() -> None:
    names = [f"v{n}" for n in range(10)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: id @include(if: ${name})" for name in names)
    document = parse(f"query ({declared}) {{ product {{ {fields} }} }}")
    shape = OperationShape(normalise(document, None, SCHEMA), SCHEMA, DECLARED)

    for number in range(100):
        shape.of({name: bool(number >> n & 1) for n, name in enumerate(names)})

    assert len(shape._shapes) == 16  # noqa: SLF001 - memory is what is tested
