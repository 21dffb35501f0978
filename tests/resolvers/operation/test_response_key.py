import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from weir.resolvers.operation.response_key import mutation_root_key, response_key


def field(text: str) -> FieldNode:
    operation = parse(f"{{ {text} }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    selection = operation.selection_set.selections[0]
    assert isinstance(selection, FieldNode)
    return selection


def test_a_field_without_arguments_is_keyed_by_its_name() -> None:
    assert response_key(field("alias: name")) == "name"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(a: 1, b: 2)", "f(b: 2, a: 1)"),
        ("x: f(a: $v)", "y: f(a: $v)"),
        ("f(a: {p: 1, q: 2})", "f(a: {q: 2, p: 1})"),
    ],
)
def test_aliases_and_the_order_of_arguments_do_not_matter(one: str, other: str) -> None:
    assert response_key(field(one)) == response_key(field(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("f(a: 1)", "f(a: 2)"),
        ("f(a: 1)", 'f(a: "1")'),
        ("f(a: $v)", "f(a: $w)"),
        ("f(a: 1)", "f"),
        ("f(a: 1)", "g(a: 1)"),
        ("f(a: [1, 2])", "f(a: [2, 1])"),
    ],
)
def test_different_values_have_different_keys(one: str, other: str) -> None:
    assert response_key(field(one)) != response_key(field(other))


def test_a_mutation_s_root_field_keeps_the_client_s_name() -> None:
    assert mutation_root_key(field("again: add(n: 1)")) == "again"
    assert mutation_root_key(field("add(n: 1)")) == "add"
