"""The client's variables, coerced; problems name the variable and the place."""

from typing import Any

import pytest
from graphql import build_schema, parse

from weir.gateway.json_types import JSONObject
from weir.resolvers.errors import BadUserInput
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.variables.coercion import (
    VariableCoercion,
    variable_coercion,
)
from weir.resolvers.operation.variables.input_values import MAX_DEPTH
from weir.resolvers.operation.variables.problems import MAX_PROBLEMS

SCHEMA = build_schema("""
  type Query { a: Int b: Float }
  enum Color { RED OCHRE }
  input Filter {
    year: Int! name: String color: Color = RED tags: [String!] nested: Filter
    limit: Int! = 3
  }
  input By @oneOf { id: ID slug: String }
  scalar Any
  scalar Tree
  input Forest { year: Int trees: [Forest] }
""")


def coercion(declared: str, field: str = "a", **options: Any) -> VariableCoercion:
    document = parse(f"query ({declared}) {{ {field} }}")
    return variable_coercion(normalise(document, None, SCHEMA), SCHEMA, **options)


COERCED: list[tuple[str, JSONObject, JSONObject]] = [
    ("$x: Int", {}, {}),
    ("$x: Int", {"x": None}, {"x": None}),
    ("$x: Int", {"x": 3, "other": 1}, {"x": 3}),
    ("$x: Int", {"x": 3.0}, {"x": 3}),
    ("$x: Int = 4", {}, {"x": 4}),
    ("$x: Int = 4", {"x": None}, {"x": None}),
    ("$x: Int! = 4", {}, {"x": 4}),
    ("$x: Float", {"x": 1}, {"x": 1}),
    ("$x: Float", {"x": 0.1}, {"x": 0.1}),
    ("$x: ID", {"x": 7}, {"x": "7"}),
    ("$x: ID", {"x": "7"}, {"x": "7"}),
    ("$x: String", {"x": ""}, {"x": ""}),
    ("$x: Boolean", {"x": False}, {"x": False}),
    ("$x: Color", {"x": "OCHRE"}, {"x": "OCHRE"}),
    ("$x: Color = OCHRE", {}, {"x": "OCHRE"}),
    ("$x: [Int]", {"x": 3}, {"x": [3]}),
    ("$x: [Int]", {"x": [1, None]}, {"x": [1, None]}),
    ("$x: [[Int]]", {"x": [1, [2]]}, {"x": [[1], [2]]}),
    ("$x: [Int!] = 3", {}, {"x": [3]}),
    ("$x: Any", {"x": {"a": [2**64 - 1, None]}}, {"x": {"a": [2**64 - 1, None]}}),
    ("$x: Filter", {"x": {"year": 1}}, {"x": {"year": 1}}),
    (
        "$x: Filter",
        {"x": {"year": 1, "tags": "t", "nested": {"year": 2, "color": "RED"}}},
        {"x": {"year": 1, "tags": ["t"], "nested": {"year": 2, "color": "RED"}}},
    ),
    ('$x: Filter = {year: 5, tags: "a"}', {}, {"x": {"year": 5, "tags": ["a"]}}),
    ("$x: By", {"x": {"id": 1}}, {"x": {"id": "1"}}),
    ("$x: Int, $y: Int", {"y": 1}, {"y": 1}),
]


@pytest.mark.parametrize(("declared", "raw", "expected"), COERCED)
def test_coerces(declared: str, raw: JSONObject, expected: JSONObject) -> None:
    coerced = coercion(declared).coerce(raw)

    assert coerced == expected
    assert [type(value) for value in coerced.values()] == [
        type(value) for value in expected.values()
    ]


REFUSED: list[tuple[str, JSONObject, str]] = [
    ("$x: Int!", {}, "Variable $x: is required, its type is Int!."),
    ("$x: Int!", {"x": None}, "Variable $x: null is not allowed, the type is Int!."),
    (
        "$x: Int! = 3",
        {"x": None},
        "Variable $x: null is not allowed, the type is Int!.",
    ),
    ("$x: Int", {"x": "3"}, 'Variable $x: "3" is not an Int.'),
    ("$x: Int", {"x": 3.5}, "Variable $x: 3.5 is not an Int."),
    ("$x: Int", {"x": 2**31}, "Variable $x: 2147483648 is not an Int."),
    ("$x: Int", {"x": True}, "Variable $x: true is not an Int."),
    ("$x: Float", {"x": False}, "Variable $x: false is not a Float."),
    ("$x: String", {"x": 3}, "Variable $x: 3 is not a String."),
    ("$x: Boolean", {"x": 1}, "Variable $x: 1 is not a Boolean."),
    ("$x: ID", {"x": 1.5}, "Variable $x: 1.5 is not an ID."),
    ("$x: String", {"x": ["a"]}, "Variable $x: a list is not a String."),
    (
        "$x: Color",
        {"x": "OCRE"},
        "Variable $x: \"OCRE\" is not a value of Color. Did you mean 'OCHRE'?",
    ),
    ("$x: Color", {"x": 3}, "Variable $x: 3 is not a value of Color."),
    (
        "$x: [Int!]",
        {"x": [1, None]},
        "Variable $x[1]: null is not allowed, the type is Int!.",
    ),
    ("$x: [[Int]]", {"x": [[1], [2, "3"]]}, 'Variable $x[1][1]: "3" is not an Int.'),
    ("$x: Filter", {"x": 3}, "Variable $x: 3 is not an object of Filter."),
    ("$x: Filter", {"x": {}}, "Variable $x.year: is required by Filter."),
    (
        "$x: Filter",
        {"x": {"year": 1, "limit": None}},
        "Variable $x.limit: null is not allowed, the type is Int!.",
    ),
    ("$x: Filter", {"x": {"year": "1"}}, 'Variable $x.year: "1" is not an Int.'),
    (
        "$x: Filter",
        {"x": {"year": 1, "yaer": 2}},
        "Variable $x: Filter has no field \"yaer\". Did you mean 'year'?",
    ),
    (
        "$x: [Filter]",
        {"x": [{"year": 1, "nested": {"year": 1, "tags": [1]}}]},
        "Variable $x[0].nested.tags[0]: 1 is not a String.",
    ),
    (
        "$x: By",
        {"x": {}},
        "Variable $x: By requires exactly one field that is not null.",
    ),
    (
        "$x: By",
        {"x": {"id": 1, "slug": "a"}},
        "Variable $x: By requires exactly one field that is not null.",
    ),
    (
        "$x: By",
        {"x": {"id": None}},
        "Variable $x: By requires exactly one field that is not null.",
    ),
    ("$x: Int", {"x": "9" * 100}, f'Variable $x: "{"9" * 59}... is not an Int.'),
    ("$x: Int", {"x": {"a": 1}}, "Variable $x: an object is not an Int."),
    ("$x: Color", {"x": ["OCHRE"]}, "Variable $x: a list is not a value of Color."),
    (
        "$x: Color",
        {"x": "o" * 41},
        f'Variable $x: "{"o" * 41}" is not a value of Color.',
    ),
    (
        f"${'x' * 100}: Int",
        {"x" * 100: ""},
        f'Variable ${"x" * 59}...: "" is not an Int.',
    ),
]


@pytest.mark.parametrize(("declared", "raw", "message"), REFUSED)
def test_refuses(declared: str, raw: JSONObject, message: str) -> None:
    with pytest.raises(BadUserInput) as refused:
        coercion(declared).coerce(raw)

    assert [each.message for each in refused.value.problems] == [message]


def test_reports_every_problem_up_to_a_limit() -> None:
    many = coercion("$x: [Int], $y: Int!, $z: Color")

    with pytest.raises(BadUserInput) as few:
        many.coerce({"x": ["a"], "z": "BLUE"})
    with pytest.raises(BadUserInput) as lots:
        many.coerce({"x": ["a"] * 1000})

    assert [each.variable for each in few.value.problems] == ["x", "y", "z"]
    assert len(lots.value.problems) == MAX_PROBLEMS
    assert lots.value.problems[-1].message.startswith("Variable $x[49]: ")


def test_only_the_first_problems_get_a_suggestion() -> None:
    with pytest.raises(BadUserInput) as refused:
        coercion("$x: [Color]").coerce({"x": ["OCRE"] * 5})

    assert ["Did you mean" in each.message for each in refused.value.problems] == [
        True,
        True,
        True,
        False,
        False,
    ]


def nested(levels: int, key: str | None) -> Any:
    """Return lists in lists, or objects in objects under a key."""
    value: Any = 1
    for _ in range(levels):
        value = [value] if key is None else {"year": 1, key: value}
    return value


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("$x: Filter", nested(1_000, "nested")),
        ("$x: Any", nested(1_000, "nested")),
        ("$x: Any", nested(1_000, None)),
        ("$x: Any", [1, {"a": nested(64, None)}]),
        ("$x: [[Any]]", [[nested(63, None)]]),
        ("$x: Tree", [[[[[nested(1_000, None)]]]]]),
        ("$x: Forest", {"trees": nested(1_000, "trees")}),
    ],
)
def test_values_nested_beyond_reason_are_refused(declared: str, value: Any) -> None:
    with pytest.raises(BadUserInput, match="nested deeper than 64 levels"):
        coercion(declared).coerce({"x": value})


def test_values_may_be_nested_to_the_limit() -> None:
    value = nested(MAX_DEPTH, None)

    assert coercion("$x: Any").coerce({"x": value}) == {"x": value}
    with pytest.raises(BadUserInput, match=r"\$x\[0\]\[0\]: a list is not an Int"):
        coercion("$x: [[Int]]").coerce({"x": nested(1_000, None)})


def test_null_cannot_decide_a_condition() -> None:
    decides = coercion("$x: Boolean = true", "a @include(if: $x)")

    assert decides.coerce({}) == {"x": True}
    with pytest.raises(BadUserInput, match="null is not allowed because @skip"):
        decides.coerce({"x": None})


def test_hidden_variables_are_not_the_clients() -> None:
    assert coercion("$x: Int, $h: Int!", hidden=["h"]).coerce({"h": 3, "x": 1}) == {
        "x": 1
    }
