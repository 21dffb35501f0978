"""The access requirements of a supergraph, under whatever names it gives them."""

from typing import Any

import pytest

from tests.support.recorded import recorded_cases
from weir.schema import Composed, Subgraph, compose
from weir.schema.graph.access import FieldAccess
from weir.schema.graph.building import base_type
from weir.schema.graph.supergraph import (
    Supergraph,
    UnsupportedFeature,
    read_supergraph,
)
from weir.schema.model.access import UNRESTRICTED, AccessRequirement, Alternatives

SPECS = "https://specs.apollo.dev"
GRAPHS = 'enum join__Graph { A @join__graph(name: "a", url: "http://a") }'
PRELUDE = (
    f'@link(url: "{SPECS}/link/v1.0") @link(url: "{SPECS}/join/v0.5", for: EXECUTION)'
)
ALL = (
    f'@link(url: "{SPECS}/authenticated/v0.1", for: SECURITY)'
    f' @link(url: "{SPECS}/requiresScopes/v0.1", for: SECURITY)'
    f' @link(url: "{SPECS}/policy/v0.1", for: SECURITY)'
)
ON_A = "@join__type(graph: A)"


def read(body: str, links: str = ALL) -> FieldAccess:
    sdl = f"schema {PRELUDE} {links} {{ query: Query }} {GRAPHS} {body}"
    return read_supergraph(sdl).access


def one_of(*sets: str) -> Alternatives:
    return frozenset(frozenset(each.split()) for each in sets)


def scopes(*sets: str) -> AccessRequirement:
    return AccessRequirement(scopes=one_of(*sets))


AUTHENTICATED = AccessRequirement(authenticated=True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"type Query {ON_A} {{ a: Int @authenticated }}", AUTHENTICATED),
        (f"type Query {ON_A} @authenticated {{ a: Int }}", AUTHENTICATED),
        (
            f"type Query {ON_A} {{ a: T }} type T {ON_A} @authenticated {{ b: Int }}",
            AUTHENTICATED,
        ),
        (
            f"type Query {ON_A} {{ a: [E!]! }} enum E {ON_A} @authenticated {{ B }}",
            AUTHENTICATED,
        ),
        (
            f"type Query {ON_A} {{ a: S }} scalar S {ON_A} @authenticated",
            AUTHENTICATED,
        ),
        (
            f'type Query {ON_A} {{ a: Int @requiresScopes(scopes: [["r", "s"], ["t"]]) '
            "}",
            scopes("r s", "t"),
        ),
        (
            f'type Query {ON_A} @requiresScopes(scopes: [["r"]]) '
            '{ a: Int @requiresScopes(scopes: [["s"], ["t"]]) @authenticated }',
            AccessRequirement(authenticated=True, scopes=one_of("r s", "r t")),
        ),
        (
            f'type Query {ON_A} {{ a: Int @policy(policies: [["p"], ["q"]]) }}',
            AccessRequirement(policies=one_of("p", "q")),
        ),
        (
            f"type Query {ON_A} {{ a: U }} type T {ON_A} @authenticated {{ b: Int }}"
            f' union U {ON_A} @join__unionMember(graph: A, member: "T") = T',
            UNRESTRICTED,
        ),
    ],
    ids=[
        "field",
        "type that has the field",
        "object that the field returns",
        "enum",
        "scalar",
        "scopes are an OR of ANDs",
        "requirements of type and field together",
        "policies",
        "a union requires nothing of its own",
    ],
)
def test_a_selection_requires_what_type_field_and_result_require(
    body: str, expected: AccessRequirement
) -> None:
    assert read(body).get(("Query", "a"), UNRESTRICTED) == expected


@pytest.mark.parametrize(
    ("links", "applied"),
    [
        (f'@link(url: "{SPECS}/authenticated/v0.1", as: "login")', "@login"),
        (
            f'@link(url: "{SPECS}/authenticated/v0.1",'
            ' import: [{name: "@authenticated", as: "@mustLogin"}])',
            "@mustLogin",
        ),
        (
            f'@link(url: "{SPECS}/authenticated/v0.1", for: SECURITY,'
            ' import: ["@authenticated"])',
            "@authenticated",
        ),
    ],
    ids=["another namespace", "another name", "its own name"],
)
def test_renamed_directives_restrict_access(links: str, applied: str) -> None:
    """GHSA-g8jh-vg5j-4h3f: directives under another name were not enforced."""
    body = f"type Query {ON_A} {{ a: Int {applied} }}"

    assert read(body, links) == {("Query", "a"): AUTHENTICATED}


@pytest.mark.parametrize(
    "imported",
    [
        '{name: "@authenticated", as: "@mustLogin"}',
        '"@authenticated"',
    ],
)
def test_directives_that_a_subgraph_renames_restrict_access(imported: str) -> None:
    """GHSA-g8jh-vg5j-4h3f, from the subgraph to the supergraph."""
    name = "mustLogin" if "mustLogin" in imported else "authenticated"
    sdl = (
        f'extend schema @link(url: "{SPECS}/federation/v2.9", import: [{imported}]) '
        f"type Query {{ a: Int @{name} b: Int }}"
    )
    composed = compose([Subgraph(name="a", sdl=sdl)])

    assert isinstance(composed, Composed)
    assert read_supergraph(composed.supergraph_sdl).access == {
        ("Query", "a"): AUTHENTICATED
    }


def test_a_directive_of_that_name_that_is_not_linked_restricts_nothing() -> None:
    body = f"type Query {ON_A} {{ a: Int @authenticated }}"

    assert read(body, links="") == {}


@pytest.mark.parametrize("name", ["authenticated", "requiresScopes", "policy"])
def test_a_version_that_is_not_known_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedFeature, match=f"{name}/v0.2"):
        read(f"type Query {ON_A} {{ a: Int }}", f'@link(url: "{SPECS}/{name}/v0.2")')


IMPLEMENTS = '@join__implements(graph: A, interface: "I")'


def test_an_interface_requires_what_its_implementations_require() -> None:
    """GHSA-x33c-7c2v-mrj9, in a supergraph of a composer that is not fixed."""
    access = read(
        f"type Query {ON_A} {{ all: [I] }} interface I {ON_A} {{ a: Int b: Int }} "
        f"type S implements I {ON_A} {IMPLEMENTS} {{ a: Int b: Int @requiresScopes("
        'scopes: [["s"]]) } '
        f"type T implements I {ON_A} {IMPLEMENTS} @authenticated {{ a: Int b: Int }}"
    )

    assert access["Query", "all"] == AUTHENTICATED
    assert access["I", "a"] == AUTHENTICATED
    assert access["I", "b"] == AUTHENTICATED.and_also(scopes("s"))
    assert access["S", "b"] == scopes("s")
    assert ("S", "a") not in access


def test_a_field_that_an_interface_object_resolves_requires_what_it_requires() -> None:
    access = read(
        f"type Query {ON_A} {{ t: T }} "
        f"interface I @join__type(graph: A, isInterfaceObject: true) "
        "{ a: Int @authenticated @join__field(graph: A) } "
        f"type T implements I {ON_A} {{ a: Int @join__field }}"
    )

    assert access["T", "a"] == AUTHENTICATED
    assert ("Query", "t") not in access


def test_a_field_requires_what_the_fields_require_that_it_is_computed_from() -> None:
    access = read(
        f"type Query {ON_A} {{ t: T }} "
        f'type T @join__type(graph: A, key: "id") {{ id: ID! '
        "  cost: Int @join__field(graph: A, external: true) @requiresScopes("
        'scopes: [["c"]]) '
        '  price: Int @join__field(graph: A, requires: "cost") '
        '  label: Int @join__field(graph: A, requires: "price") }'
    )

    assert access["T", "price"] == scopes("c")
    assert access["T", "label"] == scopes("c")
    assert ("T", "id") not in access


def test_a_field_requires_what_its_context_requires() -> None:
    access = read(
        f"type Query {ON_A} {{ t: T }} "
        f'type T {ON_A} @context(name: "a__c") {{ '
        '  secret: Int @requiresScopes(scopes: [["c"]]) u: U } '
        f"type U {ON_A} {{ f: Int @join__field(graph: A, contextArguments: "
        '[{context: "a__c", name: "x", type: "Int", selection: "{ secret }"}]) }'
    )

    assert access["U", "f"] == scopes("c")
    assert ("T", "u") not in access


def test_fields_that_depend_on_each_other_do_not_hang() -> None:
    access = read(
        f"type Query {ON_A} {{ t: T }} "
        f"type T {ON_A} {{ "
        '  a: Int @join__field(graph: A, requires: "b") @authenticated'
        '  b: Int @join__field(graph: A, requires: "a") }'
    )

    assert access["T", "a"] == AUTHENTICATED


def as_written(graph: Supergraph) -> FieldAccess:
    """Return what types, fields and results require as the composer printed it."""
    found: dict[tuple[str, str], AccessRequirement] = {}
    for info in graph.types.values():
        for name, declared in info.fields.items():
            result = graph.types.get(base_type(declared.type))
            required = info.access.and_also(declared.access)
            if result is not None:
                required = required.and_also(result.access)
            if required != UNRESTRICTED:
                found[info.name, name] = required
    return found


@pytest.mark.parametrize("case", recorded_cases("composition.json", ok=True))
def test_supergraphs_of_current_composers_are_complete(case: dict[str, Any]) -> None:
    graph = read_supergraph(case["expect"]["apollo_supergraph"])

    assert graph.access == as_written(graph)
