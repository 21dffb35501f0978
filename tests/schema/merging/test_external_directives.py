"""A directive on an external field is wrong only where another subgraph resolves it."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

REQUIRES = (
    'type Query {{ t: T }} type T @key(fields: "id")'
    ' {{ id: ID! v: Int @external {0} r: Int @requires(fields: "v") }}'
)
MERGED = ('@tag(name: "x")', "@inaccessible", "@cost(weight: 1)", "@authenticated")
RESOLVES = 'type T @key(fields: "id") { id: ID! v: Int }'


@pytest.mark.parametrize("directive", MERGED)
def test_a_field_that_no_subgraph_resolves_is_one_error(directive: str) -> None:
    codes = codes_of({"a": REQUIRES.format(directive)})

    assert codes == [Code.EXTERNAL_MISSING_ON_BASE]


@pytest.mark.parametrize("directive", MERGED)
def test_a_merged_directive_belongs_where_the_field_is_resolved(directive: str) -> None:
    codes = codes_of({"a": REQUIRES.format(directive), "b": RESOLVES})

    assert codes == [Code.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL]


def test_an_external_field_of_an_interface_has_to_be_used_too() -> None:
    interface = "type Query { t: T } interface T { v: Int @external }"

    codes = codes_of({"a": f"{interface} type S implements T {{ v: Int }}"})

    assert set(codes) == {Code.EXTERNAL_ON_INTERFACE, Code.EXTERNAL_UNUSED}
