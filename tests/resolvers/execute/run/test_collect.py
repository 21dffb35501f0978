"""Where the objects of a path are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.executing import path
from weir.resolvers.execute.run.collect import collect, locate

BOOK = {"__typename": "Book", "n": 1}
FILM = {"__typename": "Film", "n": 2}

CASES: list[tuple[str, Any, list[Any]]] = [
    ("", {"a": 1}, [{"a": 1}]),
    ("a", {"a": BOOK}, [BOOK]),
    ("a", {"a": None}, []),
    ("a", {}, []),
    ("a", {"a": "text"}, []),
    ("a", {"a": [BOOK]}, []),
    ("a.@", {"a": [BOOK, None, FILM]}, [BOOK, FILM]),
    ("a.@", {"a": BOOK}, []),
    ("a.@", {"a": [[BOOK], [None, [FILM]]]}, [BOOK, FILM]),
    ("a.@.b.@", {"a": [{"b": [BOOK]}, {"b": None}, {"b": [FILM]}]}, [BOOK, FILM]),
    ("a.@.|Book", {"a": [BOOK, FILM]}, [BOOK]),
    ("a.@.|Book,Film", {"a": [BOOK, FILM, {"n": 3}]}, [BOOK, FILM]),
    ("a.|Book", {"a": "text"}, []),
]


@pytest.mark.parametrize(("at", "root", "expected"), CASES)
def test_collects_what_is_there(at: str, root: Any, expected: list[Any]) -> None:
    assert collect(root, path(at)) == expected


def test_lists_may_be_nested_deeper_than_the_stack() -> None:
    nested: Any = [BOOK, None]
    for _ in range(5000):
        nested = [nested, FILM]

    root = {"a": nested}

    assert len(collect(root, path("a.@"))) == 5001
    assert len(list(locate(root, path("a.@")))) == 5001


def test_locates_through_lists_of_lists() -> None:
    located = list(locate({"a": [[BOOK], [None, FILM]]}, path("a.@")))

    assert located == [(BOOK, ("a", 0, 0)), (FILM, ("a", 1, 1))]


VALUES = st.recursive(
    st.none() | st.integers(),
    lambda nested: (
        st.lists(nested, max_size=3)
        | st.fixed_dictionaries(
            {}, optional={"a": nested, "b": nested, "__typename": st.just("Book")}
        )
    ),
    max_leaves=20,
)
PATHS = st.lists(st.sampled_from(["a", "b", "@", "|Book"]), max_size=5).map(".".join)


@given(st.fixed_dictionaries({"a": VALUES}), PATHS)
def test_locate_goes_where_collect_goes(root: Any, at: str) -> None:
    located = list(locate(root, path(at)))

    assert [id(value) for value, _ in located] == [
        id(value) for value in collect(root, path(at))
    ]
    for value, concrete in located:
        reached = root
        for segment in concrete:
            reached = reached[segment]
        assert reached is value
