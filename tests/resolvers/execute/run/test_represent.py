"""Objects become representations, each once."""

from typing import Any

import pytest

from tests.support.executing import entities, represent
from weir.gateway.json_types import JSONObject
from weir.resolvers.execute.run.represent import EntityBatch, representer
from weir.resolvers.plan.model.nodes import Representation

PRODUCT = represent("Product", "{ upc }")
WITH_PRICE = represent("Product", "{ upc }", "{ price }")
COMPOSITE = represent("Product", "{ upc org { id } }")
LISTED = represent("Product", "{ upc tags { id } }")
ALIASED = represent("Product", "{ upc }", "{ price__eur: price }")
FRAGMENTS = represent(
    "Product", "{ upc }", "{ maker { ... on Firm { name } ... on Person { age } } }"
)


def batch(representation: Representation, *sources: JSONObject) -> EntityBatch:
    return representer(entities("x", representation)).batch(sources)


def product(**fields: Any) -> JSONObject:
    return {"__typename": "Product", **fields}


def nested(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = [value]
    return value


SENT: list[tuple[Representation, JSONObject, JSONObject | None]] = [
    (PRODUCT, product(upc="1", name="x"), product(upc="1")),
    (PRODUCT, product(upc=0), product(upc=0)),
    (PRODUCT, product(), None),
    (PRODUCT, product(upc=None), None),
    (PRODUCT, {"__typename": "Other", "upc": "1"}, None),
    (PRODUCT, {"upc": "1"}, None),
    (PRODUCT, {"__typename": ["Product"], "upc": "1"}, None),
    (PRODUCT, product(upc=nested("1", 300)), None),
    (LISTED, product(upc="1", tags=nested({"id": 1}, 900)), None),
    (
        COMPOSITE,
        product(upc="1", org={"__typename": ["Org"], "id": 2}),
        product(upc="1", org={"id": 2}),
    ),
    (WITH_PRICE, product(upc="1", price=2), product(upc="1", price=2)),
    (WITH_PRICE, product(upc="1", price=None), product(upc="1", price=None)),
    (WITH_PRICE, product(upc="1"), None),
    (ALIASED, product(upc="1", price=1, price__eur=2), product(upc="1", price=2)),
    (COMPOSITE, product(upc="1", org={"id": 2}), product(upc="1", org={"id": 2})),
    (COMPOSITE, product(upc="1", org={"id": None}), product(upc="1", org={"id": None})),
    (COMPOSITE, product(upc="1", org=None), None),
    (COMPOSITE, product(upc="1", org={}), None),
    (COMPOSITE, product(upc="1", org="text"), None),
    (LISTED, product(upc="1", tags=[]), product(upc="1", tags=[])),
    (
        LISTED,
        product(upc="1", tags=[{"id": 1, "x": 0}, {"id": 2}]),
        product(upc="1", tags=[{"id": 1}, {"id": 2}]),
    ),
    (LISTED, product(upc="1", tags=[None]), None),
    (
        FRAGMENTS,
        product(upc="1", maker={"__typename": "Firm", "name": "N", "age": 3}),
        product(upc="1", maker={"name": "N"}),
    ),
    (
        FRAGMENTS,
        product(upc="1", maker={"__typename": "Robot"}),
        product(upc="1", maker={}),
    ),
    (FRAGMENTS, product(upc="1", maker=None), product(upc="1", maker=None)),
    (
        represent("Book", "{ id }", typename="Product"),
        {"__typename": "Book", "id": 1},
        product(id=1),
    ),
    (represent("", "{ id }", typename="Product"), {"id": 1}, product(id=1)),
    (
        represent("", "{ id }", typename="Product"),
        {"__typename": "Never", "id": 1},
        product(id=1),
    ),
]


@pytest.mark.parametrize(("representation", "source", "expected"), SENT)
def test_represents(
    representation: Representation, source: JSONObject, expected: JSONObject | None
) -> None:
    sent = batch(representation, source).representations

    assert sent == ([] if expected is None else [expected])


def test_key_and_requires_may_read_the_same_object() -> None:
    both = represent("Product", "{ org { id } }", "{ org { name } }")

    sent = batch(both, product(org={"id": 1, "name": "N"})).representations

    assert sent == [product(org={"id": 1, "name": "N"})]


def test_objects_that_are_represented_alike_share_one() -> None:
    first, second, other = product(upc="1"), product(upc="1", n=2), product(upc="2")

    found = batch(PRODUCT, first, other, second)

    assert found.representations == [product(upc="1"), product(upc="2")]
    assert found.targets == [[first, second], [other]]


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, True), (1, 1.0), (1, "1"), (0, False), (None, "null"), ([1], [True])],
)
def test_values_that_differ_as_json_are_different_keys(one: Any, other: Any) -> None:
    found = batch(
        WITH_PRICE, product(upc="1", price=one), product(upc="1", price=other)
    )

    assert [each["price"] for each in found.representations] == [one, other]


def test_fields_of_neighbouring_lists_are_not_confused() -> None:
    two_lists = represent("Product", "{ a { id } b { id } }")

    found = batch(
        two_lists,
        product(a=[{"id": 1}, {"id": 2}], b=[{"id": 3}]),
        product(a=[{"id": 1}], b=[{"id": 2}, {"id": 3}]),
    )

    assert len(found.representations) == 2


def test_kinds_of_one_fetch_are_distinguished() -> None:
    book, film = represent("Book", "{ id }"), represent("Film", "{ isbn }")
    both = representer(entities("x", book, film))

    found = both.batch(
        [
            {"__typename": "Book", "id": "1"},
            {"__typename": "Film", "isbn": "1"},
            {"__typename": "Book", "id": None},
        ]
    )

    assert found.representations == [
        {"__typename": "Book", "id": "1"},
        {"__typename": "Film", "isbn": "1"},
    ]


@pytest.mark.parametrize("value", ["1", 1.5])
def test_kinds_that_are_sent_under_one_name_are_distinguished(value: Any) -> None:
    book = represent("Book", "{ id }", typename="Media")
    film = represent("Film", "{ isbn }", typename="Media")
    both = representer(entities("x", book, film))

    found = both.batch(
        [{"__typename": "Book", "id": value}, {"__typename": "Film", "isbn": value}]
    )

    assert found.representations == [
        {"__typename": "Media", "id": value},
        {"__typename": "Media", "isbn": value},
    ]


@pytest.mark.parametrize("value", ["1", 1.5])
def test_types_of_one_kind_are_distinguished(value: Any) -> None:
    either = represent("Book Film", "{ id }")

    found = batch(
        either, {"__typename": "Book", "id": value}, {"__typename": "Film", "id": value}
    )

    assert [each["__typename"] for each in found.representations] == ["Book", "Film"]


def test_nested_objects_of_different_types_are_distinguished() -> None:
    makers = represent(
        "Product",
        "{ upc }",
        "{ maker { ... on Firm { name } ... on Person { nick: nickname } } }",
    )

    found = batch(
        makers,
        product(upc="1", maker={"__typename": "Firm", "name": "N"}),
        product(upc="1", maker={"__typename": "Person", "nick": "N"}),
    )

    assert [each["maker"] for each in found.representations] == [
        {"name": "N"},
        {"nickname": "N"},
    ]
