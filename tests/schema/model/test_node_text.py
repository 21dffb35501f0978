"""What is printed is what graphql-core prints."""

import pytest
from graphql import StringValueNode, parse_type, parse_value, print_ast
from hypothesis import given
from hypothesis import strategies as st

from weir.schema.model.node_text import type_text, value_text

VALUES = (
    *("1", "-2.50", "1e9", "true", "false", "null", "RED", "$name"),
    *('""', r'"a \"b\" \\ \n é \u0007"', '"""a\n  b"""', '["a", ["b"]]', "[]"),
    *('{a: "x", b: {c: [1, 2]}}', "{}"),
)


@pytest.mark.parametrize("text", ["Int", "[Int]", "Int!", "[[Int!]]!", "[Int]!"])
def test_types(text: str) -> None:
    node = parse_type(text)
    assert type_text(node) == print_ast(node) == text


@pytest.mark.parametrize("text", VALUES)
def test_values(text: str) -> None:
    node = parse_value(text)
    assert value_text(node) == print_ast(node)


@given(st.text())
def test_strings(text: str) -> None:
    node = StringValueNode(value=text, block=False)
    assert value_text(node) == print_ast(node)
