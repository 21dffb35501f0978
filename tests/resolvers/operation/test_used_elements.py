import pytest
from graphql import build_schema, parse

from weir.resolvers.operation.used_elements import is_deprecated, used_elements

SCHEMA = build_schema("""
type Query {
  title(id: ID!, old: Int @deprecated): Title  find(by: Filter): [Named]
  any(json: JSON): Int
}
scalar JSON
interface Named { name(short: Boolean): String }
interface Media implements Named { name(short: Boolean): String legacy: Int }
type Title implements Media & Named {
  name(short: Boolean): String legacy: Int @deprecated kind: Kind
}
type Person implements Named { name(short: Boolean): String }
union Any = Title | Person
enum Kind { FILM SERIES REEL @deprecated }
input Filter { kind: Kind range: Range not: Filter text: String @deprecated }
input Range { low: Int }
""")
CASES = [
    (
        "{ title(id: 1) { kind } }",
        "Query Query.title Query.title(id:) Title Title.kind",
    ),
    ("{ a: title(id: 1) { __typename } }", "Query Query.title Query.title(id:)"),
    (
        "{ find { name(short: true) } }",
        "Query Query.find Named Named.name Named.name(short:) Title Title.name"
        " Title.name(short:) Person Person.name Person.name(short:) Media Media.name"
        " Media.name(short:)",
    ),
    (
        "{ find { ...F } } fragment F on Media { legacy }",
        "Query Query.find Media Media.legacy Title Title.legacy",
    ),
    (
        "{ find { ... on Title { kind } } }",
        "Query Query.find Title Title.kind",
    ),
    (
        "{ find(by: {kind: FILM, not: {range: {low: 1}}}) { __typename } }",
        "Query Query.find Query.find(by:) Filter Filter.kind Kind Kind.FILM Filter.not"
        " Filter.range Range Range.low",
    ),
    (
        "query ($k: Kind) { find(by: {kind: $k}) { __typename } }",
        "Query Query.find Query.find(by:) Filter Filter.kind Kind Kind.FILM"
        " Kind.SERIES Kind.REEL",
    ),
    (
        "query ($by: Filter) { find(by: $by) { __typename } }",
        "Query Query.find Query.find(by:) Filter Filter.kind Filter.range Filter.not"
        " Filter.text Range Range.low Kind Kind.FILM Kind.SERIES Kind.REEL Int String",
    ),
    ("{ any(json: {a: {b: C}}) }", "Query Query.any Query.any(json:)"),
    ('{ __type(name: "Title") { name } }', ""),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_document_uses_elements(text: str, expected: str) -> None:
    assert used_elements(parse(text), SCHEMA) == set(expected.split())


@pytest.mark.parametrize(
    ("coordinate", "expected"),
    [
        ("Title.legacy", True),
        ("Media.legacy", False),
        ("Query.title(old:)", True),
        ("Query.title(id:)", False),
        ("Kind.REEL", True),
        ("Filter.text", True),
        ("Title", False),
        ("Title.removed(argument:)", False),
        ("Removed.field", False),
    ],
)
def test_elements_are_deprecated(coordinate: str, *, expected: bool) -> None:
    assert is_deprecated(coordinate, SCHEMA) is expected
