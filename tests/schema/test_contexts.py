"""Contexts: where they may be set, what may be selected, and which paths set them."""

import pytest

from tests.support.outcomes import codes_of
from weir.schema import Code

ENTITY = (
    'type P @key(fields: "id") { id: ID! price(in: %s @fromContext(field: "%s")): Int }'
)


def with_argument(
    types: str, selection: str, of_type: str = "String"
) -> dict[str, str]:
    """Types that set contexts, and an entity that takes an argument from one."""
    return {
        "a": f"{types} {ENTITY % (of_type, selection)}",
        "b": 'type P @key(fields: "id") { id: ID! name: String }',
    }


OBJECT = """
type Query { shop: Shop }
type Shop @key(fields: "id") @context(name: "c") {
  id: ID! currency: String! rates: [Rate!]! tier: Int! part: Part product: P
}
type Rate { code: String! }
interface Part { code: String }
type Small implements Part { code: String }
"""
INTERFACE = """
type Query { places: [Place!]! stall: Stall }
interface Place @context(name: "c") { currency: String! product: P }
type Shop implements Place { currency: String! name: String product: P }
type Stall implements Place { currency: String! name: String product: P }
"""
UNION = """
type Query { found: Found }
union Found @context(name: "c") = Shop | Person
type Shop { currency: String! product: P }
type Person { pays: String! product: P }
"""
OF_BOTH = "$c ... on Shop { currency } ... on Person { pays }"

COMPOSE = {
    "an object": with_argument(OBJECT, "$c { currency }"),
    "an object, without braces": with_argument(OBJECT, "$c currency"),
    "a nested leaf": with_argument(OBJECT, "$c { part { code } }"),
    "a list on the way": with_argument(OBJECT, "$c { rates { code } }", "[String]"),
    "an interface": with_argument(INTERFACE, "$c { currency }"),
    "an interface, by type": with_argument(
        INTERFACE, "$c ... on Shop { name } ... on Stall { currency }"
    ),
    "an interface, one of its types": with_argument(
        INTERFACE, "$c ... on Shop { name }"
    ),
    "a union": with_argument(UNION, OF_BOTH),
    "a union, one of its members": with_argument(UNION, "$c ... on Shop { currency }"),
}


@pytest.mark.parametrize("name", COMPOSE)
def test_a_context_may_be_set_on(name: str) -> None:
    assert codes_of(COMPOSE[name]) == []


INVALID = {
    "a field that the type does not have": (OBJECT, "$c { colour }", "String"),
    "a field that the interface does not have": (INTERFACE, "$c { name }", "String"),
    "a field of a union": (UNION, "$c { currency }", "String"),
    "two fields": (OBJECT, "$c { currency id }", "String"),
    "two leaves of one object": (
        OBJECT,
        "$c { rates { code __typename } }",
        "[String]",
    ),
    "a composite field without selection": (OBJECT, "$c { part }", "String"),
    "a leaf with a selection": (OBJECT, "$c { currency { code } }", "String"),
    "a renamed field": (OBJECT, "$c { c: currency }", "String"),
    "a skipped field": (OBJECT, "$c { currency @skip(if: true) }", "String"),
    "a fragment without condition": (OBJECT, "$c ... { currency }", "String"),
    "a fragment beside a field": (UNION, "$c ... on Shop { currency } id", "String"),
    "a condition twice": (
        UNION,
        "$c ... on Shop { currency } ... on Shop { currency }",
        "String",
    ),
    "a condition on an interface": (
        INTERFACE,
        "$c ... on Place { currency }",
        "String",
    ),
    "a condition that no context is set on": (
        UNION,
        f"{OF_BOTH} ... on P {{ id }}",
        "String",
    ),
    "another type than the argument's": (OBJECT, "$c { tier }", "String"),
    "a list for a single value": (OBJECT, "$c { rates { code } }", "String"),
    "a non-null argument": (OBJECT, "$c { currency }", "String!"),
    "nothing": (OBJECT, "$c {}", "String"),
    "an interface object": (
        OBJECT
        + 'type Shelf @interfaceObject @key(fields: "id") { id: ID! code: String }'
        " extend type Shop { shelf: Shelf }",
        "$c { shelf { code } }",
        "String",
    ),
}


@pytest.mark.parametrize("name", INVALID)
def test_a_selection_may_not_be(name: str) -> None:
    subgraphs = with_argument(*INVALID[name])

    assert codes_of(subgraphs) == [Code.CONTEXT_INVALID_SELECTION]


def test_a_context_on_an_interface_object_gives_nothing() -> None:
    subgraphs = with_argument(
        "type Query { shops: [Shop!]! } type Shop @interfaceObject"
        ' @key(fields: "id") @context(name: "c")'
        " { id: ID! currency: String product: P }",
        "$c { currency }",
    )
    subgraphs["b"] += (
        ' interface Shop @key(fields: "id") { id: ID! }'
        ' type Stall implements Shop @key(fields: "id") { id: ID! }'
    )

    assert codes_of(subgraphs) == [Code.CONTEXT_INVALID_SELECTION]


def test_an_argument_without_selection_names_no_value() -> None:
    subgraphs = with_argument(OBJECT, "$c")

    assert codes_of(subgraphs) == [Code.NO_CONTEXT_IN_SELECTION]


UNSET = {
    "a path that passes no setter": with_argument(
        OBJECT + "extend type Query { product: P }", "$c { currency }"
    ),
    "the field's own type": with_argument(
        "type Query { product: P }", "$c { id }", "ID"
    ),
    "an interface's other implementation": with_argument(
        "type Query { places: [Place!]! } interface Place { product: P }"
        ' type Shop implements Place @context(name: "c")'
        " { currency: String! product: P }"
        " type Stall implements Place { product: P }",
        "$c { currency }",
    ),
    "a type outside of the union": with_argument(
        UNION + "type Other { product: P } extend type Query { other: Other }", OF_BOTH
    ),
}
UNSET["the field's own type"]["a"] = UNSET["the field's own type"]["a"].replace(
    "type P ", 'type P @context(name: "c") '
)


@pytest.mark.parametrize("name", UNSET)
def test_a_context_is_not_set_on(name: str) -> None:
    assert codes_of(UNSET[name]) == [Code.SATISFIABILITY_ERROR]


def test_selected_fields_have_to_be_reachable_from_the_setter() -> None:
    """The nearest ancestor counts, also if one further up could give the value."""
    currency = 'currency: String @external rate: Int @requires(fields: "currency")'
    subgraphs = with_argument(
        "type Query { shop: Shop } "
        'type Shop @key(fields: "id") @context(name: "c")'
        f" {{ id: ID! {currency} product: P }}",
        "$c { currency }",
    )
    owner = 'type Shop @key(fields: "%s") { %s: ID! currency: String }'

    reachable = codes_of({**subgraphs, "c": owner % ("id", "id")})
    unreachable = codes_of({**subgraphs, "c": owner % ("code", "code")})

    assert reachable == []
    assert set(unreachable) == {Code.SATISFIABILITY_ERROR}
