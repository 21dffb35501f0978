"""Subgraph names become values of an enum."""

import pytest

from weir.schema.merging.join import graph_names


@pytest.mark.parametrize(
    ("subgraph", "value"),
    [
        ("products", "PRODUCTS"),
        ("my-sub.1", "MY_SUB_1_"),
        ("1st", "_1ST"),
        ("a_2", "A_2_"),
        ("größe", "GR__E"),
    ],
)
def test_a_name_is_made_legal(subgraph: str, value: str) -> None:
    assert graph_names([subgraph]) == {subgraph: value}


def test_names_that_become_equal_are_numbered_in_order() -> None:
    assert graph_names(["a-b", "a.b", "c"]) == {
        "a-b": "A_B_1",
        "a.b": "A_B_2",
        "c": "C",
    }
