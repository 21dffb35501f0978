"""Normalising draws its steps from a budget, because they depend on the schema too."""

import pytest
from graphql import build_schema, parse

from weir.resolvers.operation.conditions import ALWAYS
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.document.validation import select_operation
from weir.resolvers.operation.errors import LimitExceeded
from weir.resolvers.operation.normalise import Normaliser, SchemaTypes
from weir.resolvers.operation.operation import normalise
from weir.resolvers.operation.work import WorkBudget

TYPES = 40
SCHEMA = build_schema(
    "interface Node { id: ID child: Node } type Query { node: Node }"
    + " ".join(
        f"type T{n} implements Node {{ id: ID child: Node own{n}: ID }}"
        for n in range(TYPES)
    )
)


def overlapping(levels: int, types: int) -> str:
    """Return an operation whose fields differ for each type, level below level."""
    text = "id"
    for _ in range(levels):
        own = " ".join(
            f"... on T{n} {{ child {{ ... on T{n} {{ own{n} }} }} }}"
            for n in range(types)
        )
        text = f"{own} child {{ {text} }}"
    return f"{{ node {{ {text} }} }}"


def test_a_budget_ends_what_takes_too_many_steps() -> None:
    budget = WorkBudget(steps=10)
    budget.spend(10)

    with pytest.raises(LimitExceeded, match="too many steps to prepare; 10 are"):
        budget.spend()


def test_an_operation_draws_from_the_budget_what_it_takes() -> None:
    def spent(levels: int) -> int:
        work = WorkBudget()
        document = parse(f"{{ node {'{ child ' * levels}{{ id }}{' }' * levels} }}")
        selection_set = select_operation(document, None).selection_set
        types = SchemaTypes(SCHEMA)
        Normaliser(types, {}, work).fields_of("Query", [(selection_set, ALWAYS)])
        return work.spent

    assert spent(10) < spent(20) < 3 * spent(10)


def test_fields_that_multiply_over_types_and_levels_are_refused() -> None:
    document = parse_operation(overlapping(levels=9, types=10), DEFAULT_LIMITS)

    with pytest.raises(LimitExceeded) as refused:
        normalise(document, None, SCHEMA)

    assert refused.value.errors[0]["extensions"]["code"] == "GRAPHQL_LIMIT_EXCEEDED"


def test_few_levels_of_them_are_not() -> None:
    document = parse_operation(overlapping(levels=2, types=10), DEFAULT_LIMITS)

    assert normalise(document, None, SCHEMA).fields


def test_fragments_nested_to_the_limit_are_normalised() -> None:
    chain = " ".join(
        f"fragment F{n} on Query {{ ... {{ ...F{n + 1} }} }}" for n in range(98)
    )
    document = parse_operation(
        f"{{ ...F0 }} {chain} fragment F98 on Query {{ node {{ id }} }}", DEFAULT_LIMITS
    )

    (field,) = normalise(document, None, SCHEMA).fields
    assert field.name == "node"
