"""Replies become one response."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weir.resolvers.execute.run.merge import copied, merge

CASES: list[tuple[Any, Any, Any]] = [
    ({}, {"a": 1}, {"a": 1}),
    ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
    ({"a": 1}, {"a": 2}, {"a": 2}),
    ({"a": 1}, {"a": None}, {"a": 1}),
    ({}, {"a": None}, {"a": None}),
    ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
    ({"a": {"b": 1}}, {"a": None}, {"a": {"b": 1}}),
    ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
    (
        {"a": [{"b": 1}, {"b": 2}]},
        {"a": [{"c": 3}]},
        {"a": [{"b": 1, "c": 3}, {"b": 2}]},
    ),
    ({"a": [{"b": 1}]}, {"a": [None, {"b": 2}]}, {"a": [{"b": 1}, {"b": 2}]}),
    ({"a": [None]}, {"a": [{"b": 1}]}, {"a": [{"b": 1}]}),
    ({"a": [[{"b": 1}]]}, {"a": [[{"c": 2}]]}, {"a": [[{"b": 1, "c": 2}]]}),
    ({"a": {"b": 1}}, {"a": [1]}, {"a": [1]}),
    ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
]


@pytest.mark.parametrize(("target", "source", "expected"), CASES)
def test_merges(target: Any, source: Any, expected: Any) -> None:
    merge(target := copy.deepcopy(target), source)

    assert target == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from("xy"),
    lambda nested: (
        st.lists(nested, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), nested, max_size=3)
    ),
    max_leaves=15,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


@given(OBJECTS, OBJECTS)
def test_merging_twice_is_merging_once(target: Any, source: Any) -> None:
    merge(once := copy.deepcopy(target), copy.deepcopy(source))
    merge(twice := copy.deepcopy(once), copy.deepcopy(source))

    assert twice == once


@given(OBJECTS)
def test_nothing_is_lost_by_merging_what_is_there(value: Any) -> None:
    merge(target := copy.deepcopy(value), copy.deepcopy(value))

    assert target == value


def test_depth_beyond_pythons_stack_is_merged() -> None:
    target: Any = {}
    source: Any = {"end": 1}
    for _ in range(20_000):
        target, source = {"a": target}, {"a": source}

    merge(target, source)

    while "a" in target:
        target = target["a"]
    assert target == {"end": 1}


def test_objects_keep_their_identity() -> None:
    product = {"name": "Chair"}
    response = {"product": product}

    merge(response, {"product": {"price": 3}})

    assert response["product"] is product


@given(OBJECTS)
def test_copies_are_equal_and_share_nothing(value: Any) -> None:
    copy_ = copied(value)

    assert copy_ == value
    assert not _containers(copy_) & _containers(value)


def _containers(value: Any) -> set[int]:
    if not isinstance(value, dict | list):
        return set()
    inner = value.values() if isinstance(value, dict) else value
    return {id(value)}.union(*map(_containers, inner))


def test_copies_of_what_is_deeper_than_pythons_stack() -> None:
    source: Any = {"end": 1}
    for _ in range(20_000):
        source = {"a": [source]}

    copy_ = copied(source)

    while "a" in copy_:
        (copy_,) = copy_["a"]
    assert copy_ == {"end": 1}
