"""Differing arguments of a directive are merged by what they mean."""

import pytest
from graphql import parse_const_value, print_ast

from weir.schema.merging.strategies import merged_arguments
from weir.schema.model.definitions import Applied


def merged(spec: str, argument: str, *values: str) -> str:
    applications = [
        Applied(name=spec, spec=spec, arguments={argument: parse_const_value(value)})
        for value in values
    ]
    arguments = merged_arguments(spec, applications)
    assert arguments is not None
    return print_ast(arguments[argument])


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ('[["a"]]', '[["b"]]', '[["a", "b"]]'),
        ('[["a"], ["b"]]', '[["c"]]', '[["a", "c"], ["b", "c"]]'),
        ('[["a"], ["b"]]', '[["a"]]', '[["a"]]'),
        ("[]", '[["a"]]', '[["a"]]'),
        ('["a"]', '["a"]', '[["a"]]'),
    ],
)
def test_scopes_are_demanded_by_both(one: str, other: str, both: str) -> None:
    assert merged("requiresScopes", "scopes", one, other) == both
    assert merged("requiresScopes", "scopes", other, one) == both


@pytest.mark.parametrize(
    ("spec", "argument", "values", "result"),
    [
        ("cost", "weight", ("3", "7"), "7"),
        ("listSize", "assumedSize", ("10", "null", "20"), "20"),
        ("listSize", "sizedFields", ('["a"]', '["b", "a"]'), '["a", "b"]'),
        ("listSize", "requireOneSlicingArgument", ("true", "false"), "false"),
    ],
)
def test_costs_are_taken_at_their_worst(
    spec: str, argument: str, values: tuple[str, ...], result: str
) -> None:
    assert merged(spec, argument, *values) == result


def test_other_directives_have_no_strategy() -> None:
    assert merged_arguments("deprecated", []) is None
