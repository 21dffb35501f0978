"""Subtyping is GraphQL's covariance."""

import pytest
from graphql import parse_type

from weir.schema.model.type_refs import base_name, is_subtype, type_ref


@pytest.mark.parametrize(
    ("narrow", "wide", "holds"),
    [
        ("A", "A", True),
        ("A!", "A", True),
        ("A", "A!", False),
        ("A", "I", True),
        ("I", "A", False),
        ("A!", "I", True),
        ("[A]", "[I]", True),
        ("[A!]!", "[I]", True),
        ("[A]", "[A!]", False),
        ("A", "[A]", False),
        ("[A]", "A", False),
        ("[[A!]]", "[[A]]", True),
    ],
)
def test_a_type_is_a_subtype(narrow: str, wide: str, holds: bool) -> None:  # noqa: FBT001 - a table's column
    one, other = (type_ref(parse_type(text), {}) for text in (narrow, wide))

    assert is_subtype(one, other, lambda a, b: (a, b) == ("A", "I")) is holds


def test_a_type_prints_as_it_was_written() -> None:
    assert str(type_ref(parse_type("[[A!]]!"), {})) == "[[A!]]!"


def test_names_can_change_on_reading() -> None:
    assert base_name(type_ref(parse_type("[Root!]"), {"Root": "Query"})) == "Query"
