"""Documents beyond a limit are refused before they are validated, with numbers."""

from dataclasses import replace

import pytest

from tests.support import hostile_documents as documents
from weir.resolvers.operation.document.limits import DEFAULT_LIMITS, OperationLimits
from weir.resolvers.operation.document.parsing import parse_operation
from weir.resolvers.operation.errors import LimitExceeded, ParseFailed, ValidationFailed

TIGHT = OperationLimits(
    size_bytes=500,
    tokens=100,
    depth=3,
    nesting=5,
    levels_in_values=2,
    levels_in_types=2,
    fields=10,
    aliases=2,
    written_out=1,
    same_response_name=4,
    comparisons=8,
    fragment_comparisons=40,
)


@pytest.mark.parametrize(
    "text",
    [
        "{ a { b { c } } }",
        "{ a b c d e f g h i j }",
        "{ x: a y: a }",
        "{ a { b } a { b } }",
        "{ ...F ...F } fragment F on Q { a { b { c } } }",
        "{ ...F ...F ...F ...F ...F } fragment F on Q { a }",
        "{ a(x: [{y: 1}]) }",
        "query ($x: [[Int!]!]!) { a(x: $x) }",
        "query A { a b c } query B { d e f }",
        "{ ... { ... { ... { ... { a } } } } }",
        "{ ...Unknown }",
    ],
)
def test_a_document_within_the_limits_is_parsed(text: str) -> None:
    assert parse_operation(text, TIGHT).definitions


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{ " + "a" * 600 + " }", "604 bytes; 500"),
        ("{ " + "a " * 120 + "}", "too many tokens; 100"),
        ("{ a { b { c { d } } } }", "4 levels; 3"),
        ("{ a(x: [[[1]]]) }", "3 levels in a value; 2"),
        ("{ a @d(x: {y: {z: [1]}}) }", "3 levels in a value; 2"),
        ("query ($x: [[Int]] = [[[1]]]) { a }", "3 levels in a value; 2"),
        ("query ($x: [[[Int!]!]!]!) { a }", "3 levels in a type; 2"),
        ("{ a b c d e f g h i j k }", "11 fields; 10"),
        ("query A { a b c d e f } query B { g h i j k }", "11 fields; 10"),
        ("query A { a } fragment Unused on Q { b c d e f g h i j k }", "11 fields; 10"),
        ("{ x: a y: a z: a }", "3 aliases; 2"),
        ("query A { x: a y: a } query B { z: a }", "3 aliases; 2"),
        ("{ a a a a a }", "5 fields with one response name; 4"),
        ("{ a { b b } a { b b } a }", "9 fields to compare; 8"),
        ("{ ...F ...F ...F } fragment F on Q { a b c d }", "12 fields; 10"),
        ("{ a { ...F } } fragment F on Q { b { c { d } } }", "4 levels; 3"),
        (
            "{ ... { ... { ... { ...F } } } } fragment F on Q { ... { a } }",
            "6 nested selection sets; 5",
        ),
        (
            f"{{ {'...F ' * 6} }} fragment F on Q {{ ...G ...G }}",
            "18 fragments; 10",
        ),
        (
            "{ x { ...F } y { ...F } z { ...F } } "
            f"fragment F on Q {{ a {'@d ' * 20} }}",
            "tokens with fragments written out; 100",
        ),
        (
            "{ x { ...F } y { ...F } z { ...F } } "
            f'fragment F on Q {{ a(b: "{"x" * 170}") }}',
            "characters with fragments written out; 500",
        ),
        (
            "{ ...F ...G ...H ...I } fragment F on Q { a b } fragment G on Q { c d }"
            "fragment H on Q { e f } fragment I on Q { g h }",
            "48 fragments to compare; 40",
        ),
    ],
)
def test_a_document_beyond_a_limit_is_rejected_with_its_size(
    text: str, message: str
) -> None:
    with pytest.raises(LimitExceeded) as refused:
        parse_operation(text, TIGHT)

    (error,) = refused.value.errors
    assert f"{message} are allowed." in error["message"]
    assert error["extensions"]["code"] == "GRAPHQL_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (documents.doubling_fragments(60), "fragments"),
        (documents.operations_with_fragment_chains(1_000, 190), "fields"),
        (documents.operations_with_distinct_fragments(300), "fields"),
        (documents.nested_twice(49), None),
        (documents.fragments_side_by_side(400), "fragments to compare"),
        (documents.merging_fragments(99), "fragments to compare"),
        (documents.unused_fragments(1_500), None),
        (
            documents.spread_literal(450),
            "tokens with fragments written out",
        ),
        (documents.directives(7_000), None),
        (documents.literal(14_000), None),
        (documents.nested_literal(65), "levels in a value"),
        (documents.nested_literal(64), None),
        (documents.nested_type(9), "levels in a type"),
        (documents.nested_type(8), None),
        (documents.nested_fields(50), "levels"),
        (documents.nested_fields(49), None),
        (documents.nested_fields(1_000), "levels"),
        (documents.nested_inline_fragments(199), None),
        (documents.nested_inline_fragments(1_000), "levels"),
        (documents.declared_variables(3_700), None),
        (documents.anonymous_operations(4_000), None),
        (documents.anonymous_operations(5_001), "tokens"),
    ],
)
def test_by_default_hostile_documents_are_refused(text: str, what: str | None) -> None:
    """Those that are not are cheap: `test_validation_cost` and `test_growth`."""
    refused_for: str | None = None
    try:
        parse_operation(text, DEFAULT_LIMITS)
    except LimitExceeded as error:
        refused_for = error.what

    assert refused_for == what


def test_a_fragment_counts_wherever_it_is_spread_at_one_response_path_once() -> None:
    twice = "{ n { ...F } n { ...F } } fragment F on Q { a a a a }"

    assert parse_operation(twice, replace(TIGHT, comparisons=7)).definitions


@pytest.mark.parametrize(
    "text",
    [
        "{ ...F } fragment F on Q { a { ...F } }",
        "{ a } fragment F on Q { ...G } fragment G on Q { ...F }",
        documents.fragment_cycle(1_000),
    ],
)
def test_a_fragment_that_spreads_itself_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed, match="within itself"):
        parse_operation(text, DEFAULT_LIMITS)


@pytest.mark.parametrize("text", ["", "{", "{ a {} }", "{ a" * 150, "[" * 9_000])
def test_invalid_syntax_is_rejected_with_a_location(text: str) -> None:
    with pytest.raises(ParseFailed) as refused:
        parse_operation(text, DEFAULT_LIMITS)

    assert refused.value.code == "GRAPHQL_PARSE_FAILED"
    assert refused.value.errors[0]["locations"]


def test_an_error_repeats_a_document_to_a_readable_length_only() -> None:
    with pytest.raises(ParseFailed) as refused:
        parse_operation(f'{{ a "{"x" * 90_000}" }}', DEFAULT_LIMITS)

    assert len(refused.value.errors[0]["message"]) < 600
