"""What @key, @requires and @provides may select, each with codes of its own."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

TYPES = """
type Sub @shareable { x: Int y: Int }
interface I { x: Int }
type A implements I @shareable { a: Int x: Int }
type B @shareable { b: Int }
union U = A | B
"""
EXTERNAL = """
  id: ID! leaf: Int @external sub: Sub @external list: [Sub!]! @external
  one: I @external any: U @external
  optional(n: Int): Int @external mandatory(n: Int!): Int @external
"""
USED = """
  of_all: Int @requires(fields: "leaf sub { x y } list { x } one { x }")
  of_more: Int @requires(fields: "any { __typename } optional mandatory(n: 1)")
"""
"""Uses all external fields, so that none is reported as unused."""

OTHER = f"""
{TYPES}
type Query {{ other: Int }}
type T @key(fields: "id") {{
  id: ID! leaf: Int @shareable sub: Sub @shareable list: [Sub!]! @shareable
  one: I @shareable any: U @shareable
  optional(n: Int): Int @shareable mandatory(n: Int!): Int @shareable
}}
"""


def key(fields: str) -> dict[str, str]:
    own = EXTERNAL.replace("@external", "@shareable")
    types = f'type T @key(fields: "id") @key(fields: {fields}) {{ {own} }}'
    return {"a": f"{TYPES} type Query {{ t: T }} {types}", "b": OTHER}


def requires(fields: str) -> dict[str, str]:
    field = f"r: Int @requires(fields: {fields})"
    types = f'type T @key(fields: "id") {{ {EXTERNAL} {USED} {field} }}'
    return {"a": f"{TYPES} type Query {{ t: T }} {types}", "b": OTHER}


def provides(fields: str) -> dict[str, str]:
    types = f'type T @key(fields: "id") {{ {EXTERNAL} {USED} }}'
    query = f"type Query {{ t: T @provides(fields: {fields}) }}"
    return {"a": f"{TYPES} {query} {types}", "b": OTHER}


DIRECTIVES = {"key": key, "requires": requires, "provides": provides}

ASKED = 'type T @key(fields: "id") { id: ID! f(x: %s): Int %s } '

READABLE = [
    '"leaf"',
    '"leaf sub { x y }"',
    '"{ leaf }"',
    '"leaf, leaf"',
    '"sub { ... on Sub { x } }"',
    '"sub { ... { x } }"',
    '"... on T { leaf }"',
    '"sub { x } sub { y }"',
]
UNREADABLE = [
    '""',
    '"{ }"',
    '"leaf {"',
    '"missing"',
    '"sub"',
    '"sub { }"',
    '"sub { z }"',
    '"leaf { x }"',
    '"l: leaf"',
    '"...F"',
    '"leaf @unknown"',
    '"optional(m: 1)"',
    '"mandatory"',
]
NO_TEXT = ["leaf", '["leaf"]', "7", "true"]


@pytest.mark.parametrize("fields", READABLE)
@pytest.mark.parametrize("directive", DIRECTIVES)
def test_a_field_set_can_select(directive: str, fields: str) -> None:
    assert codes_of(DIRECTIVES[directive](fields)) == []


@pytest.mark.parametrize("fields", UNREADABLE)
@pytest.mark.parametrize("directive", DIRECTIVES)
def test_an_unreadable_field_set_is_refused(directive: str, fields: str) -> None:
    assert codes_of(DIRECTIVES[directive](fields)) == [
        Code(f"{directive.upper()}_INVALID_FIELDS")
    ]


@pytest.mark.parametrize("fields", NO_TEXT)
@pytest.mark.parametrize("directive", DIRECTIVES)
def test_a_field_set_is_a_string(directive: str, fields: str) -> None:
    assert codes_of(DIRECTIVES[directive](fields)) == [
        Code(f"{directive.upper()}_INVALID_FIELDS_TYPE")
    ]


@pytest.mark.parametrize("directive", DIRECTIVES)
def test_a_field_set_has_no_directives(directive: str) -> None:
    assert codes_of(DIRECTIVES[directive]('"leaf @skip(if: true)"')) == [
        Code(f"{directive.upper()}_DIRECTIVE_IN_FIELDS_ARG")
    ]


@pytest.mark.parametrize(
    ("directive", "fields", "code"),
    [
        ("key", '"one { x }"', Code.KEY_FIELDS_SELECT_INVALID_TYPE),
        ("key", '"any { ... on A { a } }"', Code.KEY_FIELDS_SELECT_INVALID_TYPE),
        ("key", '"optional"', Code.KEY_FIELDS_HAS_ARGS),
        ("key", '"optional(n: 1)"', Code.KEY_FIELDS_HAS_ARGS),
        ("provides", '"optional"', Code.PROVIDES_FIELDS_HAS_ARGS),
        ("requires", '"id"', Code.REQUIRES_FIELDS_MISSING_EXTERNAL),
        ("requires", '"__typename"', Code.REQUIRES_FIELDS_MISSING_EXTERNAL),
        ("provides", '"id"', Code.PROVIDES_FIELDS_MISSING_EXTERNAL),
        ("provides", '"leaf __typename"', Code.PROVIDES_FIELDS_MISSING_EXTERNAL),
        ("requires", '"optional(n: true)"', Code.REQUIRES_INVALID_FIELDS),
        ("requires", '"mandatory(n: null)"', Code.REQUIRES_INVALID_FIELDS),
        ("requires", '"sub { ... on A { a } }"', Code.REQUIRES_INVALID_FIELDS),
    ],
)
def test_a_field_that_cannot_be_selected_has_an_error_code(
    directive: str, fields: str, code: Code
) -> None:
    assert codes_of(DIRECTIVES[directive](fields)) == [code]


@pytest.mark.parametrize(
    ("directive", "fields"),
    [
        ("requires", '"optional mandatory(n: 1)"'),
        ("requires", '"optional(n: 1)"'),
        ("requires", '"list { x } one { x } any { ... on A { a } }"'),
        ("provides", '"list { x } one { x } any { ... on A { a } }"'),
        ("provides", '"one { __typename }"'),
        ("key", '"leaf __typename"'),
        ("key", '"sub { __typename x }"'),
    ],
)
def test_selections_that_only_one_directive_allows(directive: str, fields: str) -> None:
    assert codes_of(DIRECTIVES[directive](fields)) == []


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ('n: Int @provides(fields: "x")', [Code.PROVIDES_ON_NON_OBJECT_FIELD]),
        ('n: [E] @provides(fields: "")', [Code.PROVIDES_ON_NON_OBJECT_FIELD]),
        ('n: S @provides(fields: "x")', [Code.PROVIDES_ON_NON_OBJECT_FIELD]),
        ('n: V @provides(fields: "... on C { c }")', []),
        ('n: [J!]! @provides(fields: "... on C { c }")', []),
        ('n: [J!]! @provides(fields: "... on D { d }")', []),
        ('n: C @provides(fields: "... on D { d }")', [Code.PROVIDES_INVALID_FIELDS]),
        ('n: J @provides(fields: "... on S { d }")', [Code.PROVIDES_INVALID_FIELDS]),
    ],
)
def test_provides_is_for_fields_with_subfields(field: str, codes: list[Code]) -> None:
    types = """
    scalar S enum E { A }
    interface J { id: ID! }
    union V = C | D
    type C implements J @key(fields: "id") {
      id: ID! c: Int @external r: Int @requires(fields: "c")
    }
    type D @key(fields: "id") { id: ID! d: Int @external r: Int @requires(fields: "d") }
    """
    other = """
    type Query { other: Int }
    type C @key(fields: "id") { id: ID! c: Int @shareable }
    type D @key(fields: "id") { id: ID! d: Int @shareable }
    """

    assert codes_of({"a": f"{types} type Query {{ {field} }}", "b": other}) == codes


@pytest.mark.parametrize(
    ("interface", "codes"),
    [
        ('interface J @key(fields: "id") { id: ID! }', []),
        ('interface J @key(fields: "id x") { id: ID! }', [Code.KEY_INVALID_FIELDS]),
        (
            'interface J { id: ID! t: T @provides(fields: "id") }',
            [
                Code.PROVIDES_UNSUPPORTED_ON_INTERFACE,
                Code.PROVIDES_FIELDS_MISSING_EXTERNAL,
            ],
        ),
        (
            'interface J { id: ID! n: Int @requires(fields: "id") }',
            [
                Code.REQUIRES_UNSUPPORTED_ON_INTERFACE,
                Code.REQUIRES_FIELDS_MISSING_EXTERNAL,
            ],
        ),
    ],
)
def test_an_interface_has_keys_only(interface: str, codes: list[Code]) -> None:
    types = 'type Query { t: T } type T @key(fields: "id") { id: ID! }'

    assert codes_of({"a": f"{types} {interface}"}) == codes


@pytest.mark.parametrize(
    ("of_type", "value", "is_valid"),
    [
        ("Int", "1", True),
        ("Int", "1.0", False),
        ("Int", "3000000000", False),
        ("Float", "1", True),
        ("String", "a", False),
        ("ID", "1", True),
        ("ID", "a", False),
        ("E", "A", True),
        ("E", '\\"A\\"', False),
        ("[Int]", "1", True),
        ("[Int]", "[1.0]", False),
        ("P", "{x: 1}", True),
        ("P", "{x: 1.0}", False),
        ("S", "[a]", True),
    ],
)
def test_an_argument_has_its_type_as_in_a_document(
    of_type: str, value: str, *, is_valid: bool
) -> None:
    """A default may be an enum value as a string; a field set is sent as it is."""
    types = "enum E { A } scalar S input P { x: Int } type Query { t: T @shareable }"
    requires = f'r: Int @requires(fields: "f(x: {value})")'
    subgraphs = {
        "a": types + ASKED % (of_type, ""),
        "b": types + ASKED % (of_type, f"@external {requires}"),
    }

    expected = [] if is_valid else [Code.REQUIRES_INVALID_FIELDS]
    assert codes_of(subgraphs) == expected
