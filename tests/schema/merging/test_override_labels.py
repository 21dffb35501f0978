"""The labels of `@override`: a name, or a percentage."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

VALID = (
    *("l", "a-b_c.d:e/f", "percent(0)", "percent(5)", "percent(100)"),
    *("percent(99.12345678)", "percent(0.5)"),
)
INVALID = (
    *("1", "a b", "percent(101)", "percent(100.0)", "percent(007)", "percent(.5)"),
    *("percent(1.)", "percent(99.123456789)", "percent( 5)", "percent(5"),
)
FROM = 'type Query { q: Int } type T @key(fields: "id") { id: ID! a: Int }'
TO = (
    'type T @key(fields: "id")'
    ' {{ id: ID! a: Int @override(from: "a", label: "{label}") }}'
)


@pytest.mark.parametrize(
    "label",
    [
        "l",
        "a-b_c.d:e/f",
        "percent(0)",
        "percent(5)",
        "percent(100)",
        "percent(99.12345678)",
        "percent(0.5)",
    ],
)
def test_a_valid_label_composes(label: str) -> None:
    assert codes_of({"a": FROM, "b": TO.format(label=label)}) == []


@pytest.mark.parametrize(
    "label",
    [
        "1",
        "a b",
        "percent(101)",
        "percent(100.0)",
        "percent(007)",
        "percent(.5)",
        "percent(1.)",
        "percent(99.123456789)",
        "percent( 5)",
        "percent(5",
    ],
)
def test_another_label_is_an_error(label: str) -> None:
    codes = codes_of({"a": FROM, "b": TO.format(label=label)})

    assert codes == [Code.OVERRIDE_LABEL_INVALID]
