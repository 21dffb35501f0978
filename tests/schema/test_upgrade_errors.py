"""The errors of federation 1 subgraphs are reported together."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

FED1 = "# federation 1\n"
QUERY = "type Query { q: Int } "


def test_an_error_of_an_upgrade_does_not_hide_those_of_other_subgraphs() -> None:
    unused = f"{FED1}type T {{ f: Int @external }} type Query {{ t: T }}"
    unknown = (
        f'{FED1}type P @key(fields: "id") {{ id: ID! }}'
        ' type Query { p: P @provides(fields: "missing") }'
    )

    assert codes_of({"a": unused, "b": unknown}) == [
        Code.TYPE_WITH_ONLY_UNUSED_EXTERNAL,
        Code.PROVIDES_INVALID_FIELDS,
    ]


def test_a_missing_definition_does_not_hide_a_type_of_unused_externals() -> None:
    sdl = "extend type A { x: Int } type B { y: Int @external } union U = A | B"

    assert codes_of({"a": FED1 + QUERY + sdl}) == [
        Code.EXTENSION_WITH_NO_BASE,
        Code.TYPE_WITH_ONLY_UNUSED_EXTERNAL,
    ]


def test_rules_are_not_checked_while_a_definition_is_missing() -> None:
    sdl = 'extend type A { x: Int } type B @key(fields: "missing") { y: Int }'

    assert codes_of({"a": FED1 + QUERY + sdl}) == [Code.EXTENSION_WITH_NO_BASE]


@pytest.mark.parametrize(
    ("sdl", "is_kept"),
    [
        ("type B { y: Int @external }", False),
        ("type B { y: Int @external } type C { b: B }", True),
        ("type B { y: Int @external } union U = B", True),
        ('type B @key(fields: "missing") { y: Int @external }', True),
    ],
)
def test_a_type_of_unused_externals_is_removed_unless_something_needs_it(
    sdl: str, *, is_kept: bool
) -> None:
    codes = codes_of({"a": FED1 + QUERY + sdl})

    assert codes == ([Code.TYPE_WITH_ONLY_UNUSED_EXTERNAL] if is_kept else [])


@pytest.mark.parametrize(
    ("sdl", "is_shared"),
    [
        ("type N { a: Int b: Int }", True),
        ("type N { a: Int } extend type N { b: Int }", False),
        ("extend type N { b: Int } extend type N { a: Int }", True),
        ("type N @extends { a: Int } extend type N { b: Int }", True),
    ],
)
def test_the_fields_of_a_value_type_are_shared_but_not_those_added_to_it(
    sdl: str, *, is_shared: bool
) -> None:
    whole = f"{FED1}{QUERY}type N {{ a: Int b: Int }}"

    codes = codes_of({"a": whole, "b": FED1 + sdl})

    assert codes == ([] if is_shared else [Code.INVALID_FIELD_SHARING])
