import pytest

from resolvers.operation.errors import LimitExceeded, ParseFailed, ValidationFailed
from resolvers.operation.limits import DEFAULT_LIMITS, OperationLimits
from resolvers.operation.parsing import parse_operation

TIGHT = OperationLimits(
    size_bytes=500,
    tokens=100,
    depth=3,
    fields=10,
    aliases=2,
    same_response_name=4,
    comparisons=8,
)


@pytest.mark.parametrize(
    "text",
    [
        "{ a { b { c } } }",
        "{ a b c d e f g h i j }",
        "{ x: a y: a }",
        "{ a { b } a { b } }",
        "{ ...F ...F } fragment F on Q { a { b { c } } }",
    ],
)
def test_what_is_within_the_limits_is_parsed(text: str) -> None:
    assert parse_operation(text, TIGHT).definitions


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{ " + "a" * 600 + " }", "bytes"),
        ("{ " + "a " * 120 + "}", "tokens"),
        ("{ a { b { c { d } } } }", "levels"),
        ("{ a b c d e f g h i j k }", "fields"),
        ("{ x: a y: a z: a }", "aliases"),
        ("{ a a a a a }", "fields of one name"),
        ("{ a { b b } a { b b } a }", "fields to compare"),
        ("{ ...F ...F ...F } fragment F on Q { a b c d }", "fields"),
        ("{ a { ...F } } fragment F on Q { b { c { d } } }", "levels"),
    ],
)
def test_what_exceeds_a_limit_is_refused_by_its_name(text: str, what: str) -> None:
    with pytest.raises(LimitExceeded) as refused:
        parse_operation(text, TIGHT)

    assert refused.value.what == what
    assert refused.value.errors[0]["extensions"]["code"] == "GRAPHQL_LIMIT_EXCEEDED"


def test_fragments_that_multiply_are_refused_without_being_written_out() -> None:
    bomb = "{ ...F0 } " + " ".join(
        f"fragment F{n} on Q {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40)
    )

    with pytest.raises(LimitExceeded):
        parse_operation(f"{bomb} fragment F40 on Q {{ a }}", DEFAULT_LIMITS)


def test_a_fragment_that_spreads_itself_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="within itself"):
        parse_operation("{ ...F } fragment F on Q { a { ...F } }", DEFAULT_LIMITS)


@pytest.mark.parametrize("text", ["", "{", "{ a {} }", "{ a" * 3_000, "[" * 9_000])
def test_what_is_not_graphql_is_refused_with_a_location(text: str) -> None:
    with pytest.raises(ParseFailed) as refused:
        parse_operation(text, DEFAULT_LIMITS)

    assert refused.value.code == "GRAPHQL_PARSE_FAILED"
    assert refused.value.errors[0]["locations"]
