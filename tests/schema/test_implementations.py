"""What a field of an implementation may have that the interface's field has not."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

SDL = (
    "type Query { i: I } interface I { x%s }"
    " type T implements I { x%s } type U implements I { x%s }"
)


@pytest.mark.parametrize(
    ("interface", "field", "is_valid"),
    [
        (": Int", ": Int @deprecated", True),
        (": Int @deprecated", ": Int", True),
        ("(a: Int): Int", "(a: Int @deprecated): Int", True),
        ("(a: Int): Int", "(a: Int, b: Int): Int", True),
        ("(a: Int): Int", "(a: Int, b: Int!): Int", False),
        (": Int", ": Int!", True),
        (": Int!", ": Int", False),
        (": Int", "(a: Int! @deprecated): Int", False),
    ],
)
def test_a_field_implements_that_of_its_interface(
    interface: str, field: str, *, is_valid: bool
) -> None:
    """Deprecation is not compared, as it was not before GraphQL September 2025."""
    codes = set(codes_of({"a": SDL % (interface, field, field)}))

    assert codes == (set() if is_valid else {Code.INVALID_GRAPHQL})
