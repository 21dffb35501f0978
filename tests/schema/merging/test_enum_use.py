"""Which values of an enum survive depends on how the supergraph uses it."""

from dataclasses import dataclass

import pytest
from graphql import GraphQLEnumType

from tests.support.outcomes import composition_of
from weir.schema import Code, Composed
from weir.schema.supergraph.api_schema import api_schema


@dataclass(frozen=True, slots=True)
class Case:
    """A use of enum `E`, and its values after merging `A B` with `A`, or the code."""

    use: str
    outcome: list[str] | Code


FIELD = "type Query {{ f{}: {} @shareable }}"
CASES = {
    "nowhere": Case(FIELD.format("", "Int"), ["A", "B"]),
    "as an output": Case(FIELD.format("", "E"), ["A", "B"]),
    "as an input": Case(FIELD.format("(e: E)", "Int"), ["A"]),
    "as both": Case(FIELD.format("(e: E)", "E"), Code.ENUM_VALUE_MISMATCH),
    "by a directive of operations": Case(
        f"{FIELD.format('', 'Int')} directive @d(e: [E!]) on FIELD", ["A"]
    ),
    "by a directive of operations, and as an output": Case(
        f"{FIELD.format('', 'E')} directive @d(e: E) on FIELD",
        Code.ENUM_VALUE_MISMATCH,
    ),
    "by a directive of schemas, which is not merged": Case(
        f"{FIELD.format('', 'E')} directive @d(e: E) on OBJECT", ["A", "B"]
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_an_enum_is_used(case: Case) -> None:
    composed = composition_of(
        {"a": f"{case.use} enum E {{ A B }}", "b": f"{case.use} enum E {{ A }}"}
    )

    if isinstance(case.outcome, Code):
        assert not isinstance(composed, Composed)
        assert [each.code for each in composed.errors] == [case.outcome]
    else:
        assert isinstance(composed, Composed), composed
        enum = api_schema(composed.supergraph_sdl).type_map["E"]
        assert isinstance(enum, GraphQLEnumType)
        assert list(enum.values) == case.outcome


def test_a_value_that_no_two_subgraphs_share_leaves_an_input_enum_empty() -> None:
    directive = "directive @d(e: E) on FIELD type Query { f: Int @shareable }"
    composed = composition_of(
        {"a": f"{directive} enum E {{ A }}", "b": f"{directive} enum E {{ B }}"}
    )

    assert not isinstance(composed, Composed)
    assert [each.code for each in composed.errors] == [Code.EMPTY_MERGED_ENUM_TYPE]
