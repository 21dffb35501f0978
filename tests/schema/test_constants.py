"""Default values and arguments are compared as values, not as they are written."""

import pytest

from tests.support.outcomes import codes_of, composition_of
from weir.schema import Code, Composed

TYPES = """
enum Size { S M }
input Point { x: Float = 1, of: Size, tags: [String!], z: Point }
scalar Any
"""


def with_default(of_type: str, default: str, *, types: str = TYPES) -> str:
    return f"{types} type Query {{ q(x: {of_type} = {default}): Int @shareable }}"


EQUAL = [
    ("Float", "200", "200.0", "200"),
    ("Float", "1e3", "1000", "1000"),
    ("Float", "0.50", "5e-1", "0.5"),
    ("Int", "7", "7", "7"),
    ("ID", '"1"', "1", "1"),
    ("Size", "S", '"S"', "S"),
    ("[Size]", '["S", M]', '[S, "M"]', "[S, M]"),
    ("[Size]", '"S"', "S", "S"),
    ("Point", "{x: 1, of: S}", '{of: "S", x: 1.0}', "{ x: 1, of: S }"),
    ("Point", "{z: {x: 1.0}}", "{z: {x: 1}}", "{ z: { x: 1 } }"),
    ("Any", "{a: 1.0, b: [x]}", '{b: ["x"], a: 1}', '{ a: 1, b: ["x"] }'),
    ("Size", "null", "null", "null"),
]


@pytest.mark.parametrize(("of_type", "one", "other", "printed"), EQUAL)
def test_equal_defaults_are_merged(
    of_type: str, one: str, other: str, printed: str
) -> None:
    composed = composition_of(
        {"a": with_default(of_type, one), "b": with_default(of_type, other)}
    )

    assert isinstance(composed, Composed)
    assert f"q(x: {of_type} = {printed})" in composed.supergraph_sdl


@pytest.mark.parametrize(
    ("of_type", "one", "other"),
    [
        ("Float", "200", "200.5"),
        ("Int", "1", "2"),
        ("Int", "1", "null"),
        ("String", '"1"', '"01"'),
        ("Size", "S", "M"),
        ("[Size]", "[S]", "S"),
        ("[Size]", "[S, M]", "[M, S]"),
        ("Point", "{x: 1}", "{x: 2}"),
        ("Point", "{x: 1}", "{}"),
        ("Any", "{a: 1}", "{a: 1.5}"),
    ],
)
def test_different_defaults_are_refused(of_type: str, one: str, other: str) -> None:
    assert codes_of(
        {"a": with_default(of_type, one), "b": with_default(of_type, other)}
    ) == [Code.FIELD_ARGUMENT_DEFAULT_MISMATCH]


def test_a_default_of_one_subgraph_alone_is_left_out() -> None:
    without = f"{TYPES} type Query {{ q(x: Float): Int @shareable }}"
    composed = composition_of({"a": with_default("Float", "1"), "b": without})

    assert isinstance(composed, Composed)
    assert "q(x: Float): Int" in composed.supergraph_sdl
    assert [hint.code for hint in composed.hints] == [
        "INCONSISTENT_DEFAULT_VALUE_PRESENCE"
    ]


def test_defaults_of_input_fields_are_compared_too() -> None:
    def sdl(default: str) -> str:
        return f"input P {{ x: Float = {default} }} type Query {{ %s(p: P): Int }}"

    assert codes_of({"a": sdl("2") % "a", "b": sdl("2.0") % "b"}) == []
    assert codes_of({"a": sdl("2") % "a", "b": sdl("2.5") % "b"}) == [
        Code.INPUT_FIELD_DEFAULT_MISMATCH
    ]


@pytest.mark.parametrize(
    ("of_type", "default"),
    [
        ("Int", '"1"'),
        ("Int", "1.5"),
        ("Int", "3000000000"),
        ("Float", '"1"'),
        ("String", "1"),
        ("Boolean", '"true"'),
        ("ID", "1.5"),
        ("Size", "L"),
        ("Size", '"L"'),
        ("Size!", "null"),
        ("[Int!]", "[1, null]"),
        ("Point", '"x"'),
        ("Point", "{y: 1}"),
        ("Point", "{z: {of: L}}"),
        ("Point", "{tags: [1]}"),
    ],
)
@pytest.mark.parametrize("version", ["", "# federation 1\n"])
def test_a_default_that_does_not_fit_its_type_is_refused(
    of_type: str, default: str, version: str
) -> None:
    sdl = with_default(of_type, default).replace("@shareable", "")

    assert codes_of({"a": version + sdl}) == [Code.INVALID_GRAPHQL]


@pytest.mark.parametrize(
    "definition",
    [
        'input I { n: Int = "1" }',
        "enum E { A } input I { e: E = B }",
        'directive @d(n: Int = "1") on FIELD',
        'interface I { f(n: Int = "1"): Int }',
    ],
)
def test_every_default_is_checked(definition: str) -> None:
    assert codes_of({"a": f"{definition} type Query {{ q: Int }}"}) == [
        Code.INVALID_GRAPHQL
    ]


@pytest.mark.parametrize(
    "location",
    [
        "type Query { q: Int @d(n: %s) }",
        "type Query { q(a: Int @d(n: %s)): Int }",
        "type Query { q: E } enum E { A @d(n: %s) }",
        "type Query { q: E } enum E { A } extend enum E { B @d(n: %s) }",
        "type Query { q(i: I): Int } input I { a: Int @d(n: %s) }",
        "type Query @d(n: %s) { q: Int }",
        "extend schema @d(n: %s) type Query { q: Int }",
    ],
)
def test_an_argument_of_a_directive_has_its_type(location: str) -> None:
    definition = (
        "directive @d(n: Int) on FIELD_DEFINITION | ARGUMENT_DEFINITION | ENUM_VALUE"
        " | INPUT_FIELD_DEFINITION | OBJECT | SCHEMA "
    )

    assert codes_of({"a": definition + location % "1"}) == []
    assert codes_of({"a": definition + location % '"1"'}) == [Code.INVALID_GRAPHQL]


def test_equal_applications_of_a_directive_are_one() -> None:
    def sdl(name: str, value: str) -> str:
        return f"""
        extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9",
                import: ["@composeDirective", "@shareable"])
          @link(url: "https://mine.dev/cost/v1.0", import: ["@cost"])
          @composeDirective(name: "@cost")
        directive @cost(of: Float) repeatable on FIELD_DEFINITION
        type Query {{ {name}: Int q: Int @shareable @cost(of: {value}) }}
        """

    composed = composition_of({"a": sdl("a", "2"), "b": sdl("b", "2.0")})

    assert isinstance(composed, Composed)
    assert composed.supergraph_sdl.count("@cost(of: 2)") == 1
