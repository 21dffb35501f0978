"""A subgraph may define federation's directives itself, as the spec or narrower."""

import pytest

from tests.support.outcomes import codes_of, composition_of
from weir.schema import Code, Composed

FED1 = "# federation 1\nscalar _FieldSet scalar FieldSet "
TYPES = 'type Query { t: T } type T @key(fields: "id") { id: ID! }'

INVALID = [Code.DIRECTIVE_DEFINITION_INVALID]


def fed2(directive: str, *, imports: str = "") -> dict[str, str]:
    link = (
        'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ['
        f'"@key", "@override", "@external", "@listSize", "@policy", {imports}])'
    )
    return {"a": f"{link} {directive} {TYPES}"}


@pytest.mark.parametrize(
    "directive",
    [
        "directive @key(fields: federation__FieldSet!) on OBJECT"
        " scalar federation__FieldSet",
        "directive @key(fields: federation__FieldSet!, resolvable: Boolean! = true)"
        " repeatable on INTERFACE | OBJECT scalar federation__FieldSet",
        "directive @key(fields: String!) repeatable on OBJECT",
        "directive @override(from: String!) on FIELD_DEFINITION",
        "directive @override(from: String!, label: String!) on FIELD_DEFINITION",
        "directive @external on FIELD_DEFINITION",
        "directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION",
        "directive @listSize(slicingArguments: [String!]) on FIELD_DEFINITION",
        "directive @federation__key(fields: String!) on OBJECT",
        "directive @deprecated(why: Int) on OBJECT",
    ],
)
def test_a_narrower_definition_is_tolerated(directive: str) -> None:
    assert codes_of(fed2(directive)) == []


def test_a_definition_with_an_imported_scalar_is_tolerated() -> None:
    directive = "directive @key(fields: FieldSet!) on OBJECT scalar FieldSet"

    assert codes_of(fed2(directive, imports='"FieldSet"')) == []


@pytest.mark.parametrize(
    "directive",
    [
        "directive @override(from: String!) repeatable on FIELD_DEFINITION",
        "directive @override(from: String!) on FIELD_DEFINITION | OBJECT",
        "directive @override(label: String) on FIELD_DEFINITION",
        "directive @override(from: String) on FIELD_DEFINITION",
        "directive @override(from: [String!]!) on FIELD_DEFINITION",
        "directive @override(from: ID!) on FIELD_DEFINITION",
        'directive @override(from: String!, label: String = "a") on FIELD_DEFINITION',
        "directive @override(from: String!, to: String) on FIELD_DEFINITION",
        "directive @key on OBJECT",
        "directive @key(fields: FieldSet!) on OBJECT scalar FieldSet",
        "directive @key(fields: String!, resolvable: Boolean) on OBJECT",
        "directive @key(fields: String!, resolvable: Boolean = false) on OBJECT",
        "directive @key(fields: String!, resolvable: String = true) on OBJECT",
        "directive @policy(policies: [String!]!) on FIELD_DEFINITION",
    ],
)
def test_an_incompatible_definition_is_refused(directive: str) -> None:
    assert codes_of(fed2(directive)) == INVALID


def test_every_problem_of_a_definition_is_reported() -> None:
    directive = "directive @override(to: String) repeatable on OBJECT"

    assert codes_of(fed2(directive)) == INVALID * 4


@pytest.mark.parametrize(
    "directive",
    [
        "directive @key on OBJECT",
        "directive @key(fields: String!) on OBJECT",
        "directive @key(fields: String) on OBJECT | INTERFACE",
        "directive @key(fields: _FieldSet) repeatable on OBJECT",
        "directive @key(fields: _FieldSet!) repeatable on OBJECT | INTERFACE",
        "directive @key(fields: FieldSet) on UNION",
        "directive @provides on FIELD_DEFINITION",
        "directive @requires(fields: _FieldSet) on FIELD_DEFINITION",
        "directive @external on FIELD_DEFINITION",
        "directive @extends on OBJECT",
        "directive @tag(name: String!) repeatable on FIELD_DEFINITION",
    ],
)
def test_definitions_that_federation_1_servers_print_are_tolerated(
    directive: str,
) -> None:
    assert codes_of({"a": f"{FED1} {directive} {TYPES}"}) == []


@pytest.mark.parametrize(
    "directive",
    [
        "directive @key(fields: Int) on OBJECT",
        "directive @key(fields: _FieldSet!, resolvable: Boolean) on OBJECT",
        "directive @key(fields: _FieldSet!) on UNION",
        "directive @external(why: String) on FIELD_DEFINITION",
        "directive @extends on FIELD_DEFINITION",
        "directive @requires(field: _FieldSet!) on FIELD_DEFINITION",
        "directive @tag on FIELD_DEFINITION",
        "directive @shareable(why: String) on FIELD_DEFINITION",
        "directive @override(from: String) on FIELD_DEFINITION",
    ],
)
def test_definitions_that_no_federation_1_server_prints_are_rejected(
    directive: str,
) -> None:
    assert set(codes_of({"a": f"{FED1} {directive} {TYPES}"})) == set(INVALID)


@pytest.mark.parametrize(
    ("definition", "codes"),
    [
        ("scalar federation__FieldSet", []),
        ("enum federation__FieldSet { A }", [Code.TYPE_DEFINITION_INVALID]),
        ("enum link__Purpose { SECURITY EXECUTION }", []),
        ("enum link__Purpose { SECURITY }", [Code.TYPE_DEFINITION_INVALID]),
        ("scalar link__Purpose", [Code.TYPE_DEFINITION_INVALID]),
        ("directive @key(fields: Missing!) on OBJECT", [Code.INVALID_GRAPHQL]),
    ],
)
def test_a_type_of_a_spec_is_what_the_spec_makes_it(
    definition: str, codes: list[Code]
) -> None:
    assert codes_of(fed2(definition)) == codes


@pytest.mark.parametrize(
    ("definition", "codes"),
    [
        ("(url: String!, import: [link__Import]) repeatable on SCHEMA", []),
        ("(url: String, more: Int, import: link__Import) repeatable on SCHEMA", []),
        (
            "(url: String!, import: [link__Import]) on SCHEMA",
            [Code.TYPE_DEFINITION_INVALID],
        ),
        (
            "(url: String!, import: [link__Import]) repeatable on SCHEMA | OBJECT",
            [Code.TYPE_DEFINITION_INVALID, Code.DIRECTIVE_DEFINITION_INVALID],
        ),
    ],
)
def test_a_schema_that_links_the_link_spec_may_define_link(
    definition: str, codes: list[Code]
) -> None:
    link = (
        'extend schema @link(url: "https://specs.apollo.dev/link/v1.0")'
        ' @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])'
    )
    types = f"scalar link__Import enum link__Purpose {{ OTHER }} {TYPES}"

    assert set(codes_of({"a": f"{link} {types} directive @link{definition}"})) == set(
        codes
    )


@pytest.mark.parametrize(
    ("definition", "codes"),
    [
        ("directive @federation__key(fields: String!) on OBJECT", []),
        (
            "directive @federation__key(fields: String!) on OBJECT"
            ' type P @federation__key(fields: "id") { id: ID }',
            [Code.INVALID_LINK_DIRECTIVE_USAGE],
        ),
        (
            "scalar federation__FieldSet"
            " directive @mine(of: federation__FieldSet) on OBJECT",
            [Code.INVALID_LINK_DIRECTIVE_USAGE],
        ),
    ],
)
def test_the_full_name_of_an_imported_element_cannot_be_used(
    definition: str, codes: list[Code]
) -> None:
    assert codes_of(fed2(definition, imports='"FieldSet"')) == codes


@pytest.mark.parametrize(
    "scalar",
    ["federation__Policy", "federation__Unknown", "link__Other"],
)
@pytest.mark.parametrize("version", ["v2.0", "1"])
def test_an_unused_scalar_of_a_spec_is_not_merged(scalar: str, version: str) -> None:
    link = (
        f'extend schema @link(url: "https://specs.apollo.dev/federation/{version}",'
        ' import: ["@key"])'
    )
    sdl = f"{FED1 if version == '1' else link} scalar {scalar} {TYPES}"

    composed = composition_of({"a": sdl})

    assert isinstance(composed, Composed)
    assert scalar not in composed.supergraph_sdl


def test_a_scalar_of_a_spec_that_a_field_has_is_merged() -> None:
    sdl = "scalar federation__Own extend type Query { o: federation__Own }"

    composed = composition_of(fed2(sdl))

    assert isinstance(composed, Composed)
    assert "scalar federation__Own" in composed.supergraph_sdl


def test_the_type_of_an_argument_is_reported_rather_than_its_name() -> None:
    """A shadowed scalar in a definition is an invalid definition, and nothing more."""
    directive = "directive @key(fields: federation__FieldSet!) on OBJECT"
    scalar = "scalar federation__FieldSet"

    assert codes_of(fed2(f"{directive} {scalar}", imports='"FieldSet"')) == INVALID


@pytest.mark.parametrize(
    ("of_type", "value"),
    [
        ("String!", '["id"]'),
        ("String!", "7"),
        ("ID!", '["id"]'),
        ("Int!", '"id"'),
        ("[Boolean!]!", "7"),
    ],
)
def test_a_field_set_has_the_type_of_the_own_definition(
    of_type: str, value: str
) -> None:
    defined = fed2(f"directive @key(fields: {of_type}) on OBJECT")["a"]
    sdl = defined.replace('@key(fields: "id")', f"@key(fields: {value})")

    assert codes_of({"a": sdl}) == [Code.INVALID_GRAPHQL]


@pytest.mark.parametrize(
    ("definition", "value", "codes"),
    [
        ("scalar X", None, INVALID),
        ("input X { fields: [String!] }", None, []),
        ("input X { fields: [String!] }", '"id"', [Code.INVALID_GRAPHQL]),
        ("enum X { id }", None, []),
        ("enum X { id }", '"id"', []),
        ("enum X { id }", "id", [Code.KEY_INVALID_FIELDS_TYPE]),
        ("enum X { other }", '"id"', [Code.INVALID_GRAPHQL]),
    ],
)
def test_the_type_of_a_field_set_is_checked_where_it_is_used(
    definition: str, value: str | None, codes: list[Code]
) -> None:
    """Only a custom scalar cannot be checked there, since its notation is unknown."""
    defined = fed2(f"directive @key(fields: X!) repeatable on OBJECT {definition}")["a"]
    used = f"@key(fields: {value})" if value else ""

    assert codes_of({"a": defined.replace('@key(fields: "id")', used)}) == codes
