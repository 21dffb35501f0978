"""The rules on JSON values, as a table, and as properties."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.gateway.routes.json_rules.moves import parse_move, parse_rename
from weir.gateway.routes.json_rules.path import (
    InvalidPath,
    parse_path,
    value_at,
    values_at,
)
from weir.gateway.routes.json_rules.rules import JsonRules

USER = {
    "id": 7,
    "name": "Ada",
    "address": {"city": "Bern", "zip": "3011"},
    "tags": ["a", "b"],
    "orders": [{"id": 1, "total": 5}, {"id": 2, "total": 6}],
}


def rules(**given: Any) -> JsonRules:
    moves = tuple(
        parse_move(parse_path(old), parse_path(new))
        for old, new in given.get("move", {}).items()
    )
    renames = tuple(
        parse_rename(parse_path(old), new)
        for old, new in given.get("rename", {}).items()
    )
    return JsonRules(
        allow=tuple(map(parse_path, given.get("allow", ()))),
        deny=tuple(map(parse_path, given.get("deny", ()))),
        moves=renames + moves,
        flatten=tuple(map(parse_path, given.get("flatten", ()))),
    )


@pytest.mark.parametrize(
    ("given", "value", "expected"),
    [
        ({"allow": ["id"]}, USER, {"id": 7}),
        ({"allow": ["address"]}, USER, {"address": USER["address"]}),
        ({"allow": ["address.city"]}, USER, {"address": {"city": "Bern"}}),
        ({"allow": ["orders.*.id"]}, USER, {"orders": [{"id": 1}, {"id": 2}]}),
        ({"allow": ["orders.1"]}, USER, {"orders": [{"id": 2, "total": 6}]}),
        ({"allow": ["*.city", "id"]}, {"a": {"city": 1, "x": 2}, "id": 3, "b": 4},
         {"a": {"city": 1}, "id": 3}),
        ({"allow": ["a", "a.b"]}, {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}}),
        ({"allow": ["a.b", "*.c"]}, {"a": {"b": 1, "c": 2, "d": 3}, "z": {"b": 1}},
         {"a": {"b": 1, "c": 2}, "z": {}}),
        ({"allow": ["name.first"]}, USER, {}),
        ({"allow": ["missing"]}, USER, {}),
        ({"allow": ["*.id"]}, [{"id": 1, "x": 2}, "text"], [{"id": 1}]),
        ({"allow": ["id"]}, "text", None),
        ({"allow": [r"a\.b"]}, {"a.b": 1, "a": {"b": 2}}, {"a.b": 1}),
        ({"deny": ["address.zip", "tags", "orders", "missing.x"]}, USER,
         {"id": 7, "name": "Ada", "address": {"city": "Bern"}}),
        ({"deny": ["*.x"]}, [{"x": 1, "y": 2}, 3], [{"y": 2}, 3]),
        ({"deny": ["0"]}, [1, 2], [2]),
        ({"deny": ["0", "1.a"]}, [1, {"a": 1, "b": 2}], [{"b": 2}]),
        ({"deny": ["a.b", "*.c"]}, {"a": {"b": 1, "c": 2, "d": 3}}, {"a": {"d": 3}}),
        ({"deny": ["*"]}, [1, 2], []),
        ({"rename": {"a": "b"}}, {"a": 1}, {"b": 1}),
        ({"rename": {"a": "b", "b": "a"}}, {"a": 1, "b": 2}, {"b": 1, "a": 2}),
        ({"rename": {"*.a": "b"}}, [{"a": 1}, {"c": 2}], [{"b": 1}, {"c": 2}]),
        ({"rename": {"x.a": "b.c"}}, {"x": {"a": 1}}, {"x": {"b.c": 1}}),
        ({"move": {"a.b": "c"}}, {"a": {"b": 1}}, {"a": {}, "c": 1}),
        ({"move": {"a": "x.y"}}, {"a": 1}, {"x": {"y": 1}}),
        ({"move": {"a": "x.y"}}, {"a": 1, "x": 5}, {"x": {"y": 1}}),
        ({"move": {"items.*.p.v": "items.*.v"}},
         {"items": [{"p": {"v": 1}}, {"p": 2}]},
         {"items": [{"p": {}, "v": 1}, {"p": 2}]}),
        ({"flatten": ["a"]}, {"a": {"b": 1, "c": 2}, "c": 3}, {"b": 1, "c": 3}),
        ({"flatten": ["a"]}, {"a": [1]}, {"a": [1]}),
        ({"flatten": ["*"]}, [[1], 2, [3, [4]]], [1, 2, 3, [4]]),
        ({"flatten": ["1"]}, [[1], [2]], [[1], 2]),
        ({"flatten": ["*.a"]}, [{"a": {"b": 1}}], [{"b": 1}]),
        ({"flatten": ["*"]}, {"a": {"x": 1}, "b": 2}, {"b": 2, "x": 1}),
        ({"allow": ["a"], "rename": {"a": "b"}, "deny": ["a"]}, {"a": 1, "b": 2},
         {"b": 1}),
        ({"move": {"a.b": "b"}, "deny": ["a"]}, {"a": {"b": 1, "c": 2}}, {"b": 1}),
    ],
)  # fmt: skip
def test_rules_change_a_value(given: dict[str, Any], value: Any, expected: Any) -> None:
    assert rules(**given).compiled().changed(copy.deepcopy(value)) == expected


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a", "a..b", "a*", "*a", "a\\", "a\\x", ".".join("a" * 33)]
)
def test_a_text_that_is_not_a_path_is_rejected(text: str) -> None:
    with pytest.raises(InvalidPath):
        parse_path(text)


@pytest.mark.parametrize(
    ("source", "target"),
    [("a.*.b", "c.*.b"), ("a.*", "b.*"), ("a", "a"), ("a", "a.b"), ("a", "*.b"),
     ("a.*.b", "a.b")],
)  # fmt: skip
def test_a_move_without_one_place_for_each_value_is_rejected(
    source: str, target: str
) -> None:
    with pytest.raises(InvalidPath, match="cannot be moved"):
        parse_move(parse_path(source), parse_path(target))


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({}, None),
        ({"allow": ["*"]}, None),
        ({"allow": ["a.b", "c"]}, {"a", "c"}),
        ({"allow": ["a", "b"], "flatten": ["a"]}, None),
        ({"allow": ["a", "b"], "rename": {"a": "x"}}, {"x", "b"}),
        ({"allow": ["a", "b"], "rename": {"a": "b", "b": "a"}}, {"a", "b"}),
        ({"allow": ["a.b"], "move": {"a.b": "x.y"}}, {"a", "x"}),
    ],
)
def test_the_keys_of_a_changed_object_are_known(
    given: dict[str, Any], keys: set[str] | None
) -> None:
    assert rules(**given).top_keys() == keys


KEYS = st.sampled_from("abc")
JSON = st.recursive(
    st.integers(0, 9) | st.text("ab", max_size=1) | st.none(),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3)
    ),
    max_leaves=12,
)
PATHS = st.lists(st.sampled_from(["a", "b", "*", "0"]), min_size=1, max_size=4).map(
    ".".join
)


def leaves(value: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Return the paths of all values below, the literal way."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        below = [leaves(each, (*path, str(key))) for key, each in items]
        return {path}.union(*below)
    return {path}


def covered(path: tuple[str, ...], pattern: str) -> bool:
    parts = pattern.split(".")
    return len(path) >= len(parts) and all(
        part in ("*", each) for part, each in zip(parts, path, strict=False)
    )


@given(JSON, st.lists(PATHS, max_size=3))
def test_deny_leaves_exactly_the_values_that_no_path_covers(
    value: Any, paths: list[str]
) -> None:
    # Positions change when items are removed, so that these paths have names only.
    paths = [path for path in paths if "0" not in path]
    items_go = any(path.endswith("*") for path in paths)
    kept = {
        path
        for path in leaves(value)
        if not any(covered(path, pattern) for pattern in paths)
    }

    left = rules(deny=paths).compiled().changed(copy.deepcopy(value))

    assert leaves(left) <= leaves(value)
    if not items_go:
        assert leaves(left) == kept


OBJECTS = st.recursive(
    st.integers(0, 9), lambda below: st.dictionaries(KEYS, below, max_size=3)
)


@given(OBJECTS, st.lists(PATHS, min_size=1, max_size=3))
def test_allow_leaves_exactly_the_values_that_a_path_covers(
    value: Any, paths: list[str]
) -> None:
    allowed = rules(allow=paths).compiled().changed(copy.deepcopy(value))

    assert scalars(allowed) == {
        path
        for path in scalars(value)
        if any(covered(path, pattern) for pattern in paths)
    }


def scalars(value: Any) -> set[tuple[str, ...]]:
    return {path for path in leaves(value) if isinstance(_at(value, path), int)}


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


@given(JSON, PATHS)
def test_a_path_finds_the_values_that_it_covers(value: Any, path: str) -> None:
    parsed = parse_path(path)
    found = values_at(value, parsed.parts)
    length = len(parsed.parts)
    expected = [
        each for each in leaves(value) if len(each) == length and covered(each, path)
    ]

    assert len(found) == len(expected)
    assert value_at(value, parsed) == (found[0] if found else None)
