"""The errors of a value are explained where that takes little time and memory."""

from collections.abc import Callable
from time import thread_time
from typing import Any

import pytest

from weir.gateway.json_types import JSONObject, JSONValue
from weir.gateway.routes.validation.explanations import (
    explanations,
    has_more_levels,
)
from weir.gateway.routes.validation.references import References
from weir.gateway.routes.validation.schema import Schemas


def kind(name: str, below: JSONObject) -> JSONObject:
    return {"type": "object", "properties": {"below": below, "kind": {"const": name}}}


def filters(reference: str) -> JSONObject:
    alternatives = [kind("and", {"$ref": reference}), kind("or", {"$ref": reference})]
    return {"oneOf": [*alternatives, {"type": "string"}]}


SCHEMAS: JSONObject = {
    "filter": filters("#/filter"),
    "named": filters("#any"),
    "search": {"properties": {"filter": {"$ref": "#/filter"}}},
    "list": {"type": "object", "properties": {"next": {"$ref": "#/list"}}},
    "choice": {"oneOf": [{"$ref": "#/text"}, {"type": "integer"}]},
    "text": {"anyOf": [{"maxLength": 1}, {"pattern": "^a"}]},
    "unevaluated": {
        "anyOf": [
            {"properties": {"below": {"$ref": "#/unevaluated"}}},
            {"properties": {"below": {"$ref": "#/unevaluated"}, "kind": {}}},
        ],
        "unevaluatedProperties": False,
    },
}


@pytest.mark.parametrize(
    ("pointer", "levels"),
    [
        ("/filter", 6),
        ("/search", 6),
        ("/named", 2),
        ("/unevaluated", 9),
        ("/list", None),
        ("/choice", None),
        ("/text", None),
    ],
)
def test_a_recursive_schema_with_alternatives_has_a_limit(
    pointer: str, levels: int | None
) -> None:
    assert explanations(pointer, References(SCHEMAS)).levels == levels


NESTED: list[tuple[JSONValue, int]] = [
    (1, 0),
    ([], 1),
    ({"a": 1}, 1),
    ([[1], {"a": [[]]}], 4),
]


@pytest.mark.parametrize(("value", "levels"), NESTED)
def test_levels_are_those_of_objects_and_lists(value: JSONValue, levels: int) -> None:
    assert not has_more_levels(value, levels)
    assert not levels or has_more_levels(value, levels - 1)


def nested(levels: int, make: Callable[[Any], JSONObject], end: JSONValue) -> JSONValue:
    value = end
    for _ in range(levels):
        value = make(value)
    return value


@pytest.mark.parametrize("size", [0, 1024 * 1024])
@pytest.mark.parametrize("name", ["filter", "unevaluated"])
def test_a_deep_value_that_is_not_valid_gets_one_error_at_once(
    name: str, size: int
) -> None:
    schema = Schemas({name: SCHEMAS[name]}).compiled(f"/{name}")
    value = nested(200, lambda below: {"wrong": 1, "kind": 2, "below": below}, {})
    started_s = thread_time()

    (violation,) = schema.violations(value, "body", "/q", size=size)

    assert thread_time() - started_s < 1
    assert violation.pointer == "/q"
    assert "too large or deep" in violation.message


LARGE: list[JSONValue] = [{"kind": "x"}] * 80_000
ITEM: JSONObject = {"properties": {"kind": {"type": "integer"}}}


def test_a_large_value_is_not_explained_by_alternatives() -> None:
    """The reasons of all alternatives for all items took eight seconds."""
    item: JSONObject = {"oneOf": [kind("and", {}), kind("or", {}), {"type": "string"}]}
    of_items = {"type": "array", "items": item}
    lists: JSONObject = {"oneOf": [of_items, {"type": "array", "items": ITEM}]}
    schema = Schemas({"lists": lists}).compiled("/lists")
    started_s = thread_time()

    (violation,) = schema.violations(LARGE, "body", size=1024 * 1024)

    assert thread_time() - started_s < 1
    assert violation.pointer == ""
    assert schema.violations(LARGE[:2], "body", size=40)[0].pointer.startswith("/0")


def test_the_first_error_of_a_large_value_is_explained() -> None:
    of_all: JSONObject = {"type": "array", "items": {"allOf": [ITEM]}}
    schema = Schemas({"list": of_all}).compiled("/list")

    (violation,) = schema.violations(LARGE, "body", size=1024 * 1024)

    assert violation.pointer == "/0/kind"


def test_a_deep_value_that_is_valid_passes() -> None:
    schema = Schemas({"filter": SCHEMAS["filter"]}).compiled("/filter")

    value = nested(200, lambda below: {"kind": "and", "below": below}, "x")

    assert schema.violations(value, "body") == ()


def test_the_errors_of_a_shallow_value_are_explained() -> None:
    schema = Schemas({"filter": SCHEMAS["filter"]}).compiled("/filter")

    value = nested(5, lambda below: {"kind": "and", "below": below}, 7)

    pointers = {each.pointer for each in schema.violations(value, "body")}
    assert "/below" * 5 in pointers
