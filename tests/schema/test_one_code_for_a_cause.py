"""A mistake is reported with its own code, and with no second one."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

QUERY = "type Query { q: Int } "
OLD = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0",'
    ' import: ["@key"]) '
)
IMPLEMENTED = (
    QUERY
    + 'interface I @key(fields: "%s") { id: ID! } extend type Query { i: I }'
    + ' type T implements I @key(fields: "%s") { id: ID! }'
)


@pytest.mark.parametrize(
    ("interface_key", "key", "codes"),
    [
        ("id", "id", []),
        ("id", "missing", [Code.KEY_INVALID_FIELDS]),
        ("missing", "id", [Code.KEY_INVALID_FIELDS]),
        ("{", "id", [Code.KEY_INVALID_FIELDS]),
        ("missing", "missing", [Code.KEY_INVALID_FIELDS] * 2),
        ("id", "__typename", [Code.INTERFACE_KEY_NOT_ON_IMPLEMENTATION]),
    ],
)
def test_an_invalid_key_is_not_compared_with_those_of_implementations(
    interface_key: str, key: str, codes: list[Code]
) -> None:
    assert codes_of({"a": IMPLEMENTED % (interface_key, key)}) == codes


@pytest.mark.parametrize(
    ("key", "codes"),
    [
        ('"id"', [Code.KEY_UNSUPPORTED_ON_INTERFACE]),
        ('"missing"', [Code.KEY_INVALID_FIELDS]),
        ("7", [Code.KEY_INVALID_FIELDS_TYPE]),
    ],
)
def test_an_invalid_key_is_not_an_unsupported_one(key: str, codes: list[Code]) -> None:
    types = (
        f"interface I @key(fields: {key}) {{ id: ID! }}"
        ' type T implements I @key(fields: "id") { id: ID! }'
    )

    assert codes_of({"a": OLD + QUERY + types}) == codes


@pytest.mark.parametrize("provided", ["Int", "B"])
@pytest.mark.parametrize("fields", ["y", "missing", "{"])
def test_an_external_field_that_provides_has_one_error(
    provided: str, fields: str
) -> None:
    field = f'x: {provided} @external @provides(fields: "{fields}")'
    types = f"type T {{ {field} }} type B {{ y: Int }} extend type Query {{ t: T }}"

    assert codes_of({"a": QUERY + types}) == [
        Code.EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE
    ]


@pytest.mark.parametrize("name", ["@key", "@missing", "missing", "@own"])
def test_types_are_merged_once_directives_can_be_composed(name: str) -> None:
    composing = (
        f'extend schema @composeDirective(name: "{name}")'
        " directive @own on OBJECT type T { x: Int } "
    )
    subgraphs = {"a": composing + QUERY, "b": "interface T { x: Int } " + QUERY}
    codes = {Code.TYPE_KIND_MISMATCH, Code.INVALID_FIELD_SHARING}

    assert codes_of(subgraphs) == [Code.DIRECTIVE_COMPOSITION_ERROR]
    assert set(codes_of({**subgraphs, "a": "type T { x: Int } " + QUERY})) == codes


@pytest.mark.parametrize(
    ("directive", "code"),
    [
        ("@include(if: true)", Code.KEY_DIRECTIVE_IN_FIELDS_ARG),
        ("@deprecated", Code.KEY_DIRECTIVE_IN_FIELDS_ARG),
        ("@shareable", Code.KEY_DIRECTIVE_IN_FIELDS_ARG),
        ("@missing", Code.KEY_INVALID_FIELDS),
    ],
)
def test_a_directive_in_a_field_set_is_unknown_or_misplaced(
    directive: str, code: Code
) -> None:
    types = f'type T @key(fields: "id {directive}") {{ id: ID! }}'

    assert codes_of({"a": f"{types} extend type Query {{ t: T }}"}) == [code]
