"""A field of the Subscription root type is resolved in one subgraph."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

A = "type Query { q: Int } type Subscription { s: Int! %s }"
B = "type Query { r: Int } type Subscription %s { s: Int! %s t: Int }"


@pytest.mark.parametrize(
    ("on_field", "on_type", "on_other", "is_valid"),
    [
        ("", "", "", False),
        ("@shareable", "", "@shareable", False),
        ("", "", '@override(from: "a")', True),
        ("", "", '@override(from: "a", label: "l")', True),
        ("", '@key(fields: "s")', "@external", True),
        ("@shareable", "", '@override(from: "a")', False),
        ("", "", '@shareable @override(from: "a")', False),
    ],
)
def test_a_field_may_move_but_is_not_shared(
    on_field: str, on_type: str, on_other: str, *, is_valid: bool
) -> None:
    codes = set(codes_of({"a": A % on_field, "b": B % (on_type, on_other)}))

    assert codes == (set() if is_valid else {Code.INVALID_FIELD_SHARING})
