"""Directives of users that the supergraph keeps, and the links to their features."""

import re

import pytest

from tests.support.outcomes import codes_of, composition_of
from weir.schema import Code, Composed

FEDERATION = (
    '@link(url: "https://specs.apollo.dev/federation/v2.9",'
    ' import: ["@composeDirective", "@shareable", "@key", "@tag"])'
)


def composing(
    link: str, directive: str, definition: str, *, applied: str = "", field: str = "a"
) -> str:
    """A schema that composes one directive of a linked feature."""
    return f"""
    extend schema {FEDERATION} @link({link}) @composeDirective(name: "@{directive}")
    directive @{directive}{definition}
    type Query {{ {field}: Int {applied} }}
    """


def links_of(composed: Composed) -> list[str]:
    """Return the links of a supergraph, without those that every one has."""
    found = re.findall(r"^  @link\((.*)\)", composed.supergraph_sdl, re.MULTILINE)
    return [each for each in found if "specs.apollo.dev" not in each]


ON_FIELD = "(of: Int) on FIELD_DEFINITION"


@pytest.mark.parametrize(
    ("link", "directive", "linked"),
    [
        (
            'url: "https://mine.dev/cost/v1.2", import: ["@weight"]',
            "weight",
            'url: "https://mine.dev/cost/v1.2", import: ["@weight"]',
        ),
        (
            'url: "https://mine.dev/cost/v1.2"',
            "cost",
            'url: "https://mine.dev/cost/v1.2", import: ["@cost"]',
        ),
        (
            'url: "https://mine.dev/cost/v1.2", import: [{name: "@w", as: "@weight"}]',
            "weight",
            'url: "https://mine.dev/cost/v1.2", import: [{name: "@w", as: "@weight"}]',
        ),
        (
            'url: "https://mine.dev/cost/v1.2"',
            "cost__weight",
            'url: "https://mine.dev/cost/v1.2",'
            ' import: [{name: "@weight", as: "@cost__weight"}]',
        ),
        (
            'url: "https://mine.dev/two-words/v1.0", import: ["@weight"]',
            "weight",
            'url: "https://mine.dev/two-words/v1.0", as: "_0twowords",'
            ' import: ["@weight"]',
        ),
        (
            'url: "https://mine.dev/link/v1.0", as: "own", import: ["@weight"]',
            "weight",
            'url: "https://mine.dev/link/v1.0", as: "_0link", import: ["@weight"]',
        ),
    ],
)
def test_the_feature_of_a_composed_directive_is_linked(
    link: str, directive: str, linked: str
) -> None:
    sdl = composing(link, directive, ON_FIELD, applied=f"@{directive}(of: 1)")

    composed = composition_of({"a": sdl})

    assert isinstance(composed, Composed)
    assert links_of(composed) == [linked]
    assert f"@{directive}(of: 1)" in composed.supergraph_sdl


COST = 'url: "https://mine.dev/cost/v1.%s", import: ["@weight"]'
"""A feature in two minor versions."""


def test_the_newest_minor_version_defines_the_directive() -> None:
    old = composing(COST % "0", "weight", "(of: Int) on FIELD_DEFINITION")
    new = composing(
        COST % "1",
        "weight",
        "(of: Int, per: Int) on FIELD_DEFINITION | OBJECT",
        field="b",
    )

    composed = composition_of({"a": old, "b": new})

    assert isinstance(composed, Composed)
    assert links_of(composed) == [
        'url: "https://mine.dev/cost/v1.1", import: ["@weight"]'
    ]
    assert (
        "directive @weight(of: Int, per: Int) on FIELD_DEFINITION | OBJECT"
        in composed.supergraph_sdl
    )


@pytest.mark.parametrize(
    ("newer", "applied"),
    [
        ("(of: Int) on OBJECT", "@weight(of: 1)"),
        ("(per: Int) on FIELD_DEFINITION", "@weight(of: 1)"),
        ("(of: Int, per: Int!) on FIELD_DEFINITION", "@weight(of: 1)"),
    ],
)
def test_an_application_has_to_fit_the_newest_definition(
    newer: str, applied: str
) -> None:
    old = composing(COST % "0", "weight", ON_FIELD, applied=applied)
    new = composing(COST % "1", "weight", newer, field="b")

    assert codes_of({"a": old, "b": new}) == [Code.INVALID_GRAPHQL]


def test_the_newest_version_has_to_define_the_directive() -> None:
    old = composing(COST % "0", "weight", ON_FIELD)
    new = composing(
        COST.replace("@weight", "@price") % "1", "price", ON_FIELD, field="b"
    )

    assert codes_of({"a": old, "b": new}) == [Code.DIRECTIVE_COMPOSITION_ERROR]


@pytest.mark.parametrize(
    ("other", "hints"),
    [
        (COST % "0", []),
        (
            'url: "https://mine.dev/cost/v1.0", import: [{name: "@weight", as: "@w"}]',
            ["DIRECTIVE_COMPOSITION_WARN"],
        ),
        (
            'url: "https://mine.dev/cost/v2.0", import: ["@weight"]',
            ["DIRECTIVE_COMPOSITION_INFO"],
        ),
    ],
)
def test_a_subgraph_that_does_not_compose_a_directive_is_noticed(
    other: str, hints: list[str]
) -> None:
    name = "w" if '"@w"' in other else "weight"
    plain = f"""
    extend schema {FEDERATION} @link({other})
    directive @{name}{ON_FIELD}
    type Query {{ b: Int }}
    """

    composed = composition_of(
        {"a": composing(COST % "0", "weight", ON_FIELD), "b": plain}
    )

    assert isinstance(composed, Composed)
    assert [hint.code for hint in composed.hints] == hints


def test_features_of_one_name_are_linked_under_different_ones() -> None:
    theirs = 'url: "https://theirs.dev/cost/v1.0", import: ["@price"]'

    composed = composition_of(
        {
            "a": composing(COST % "0", "weight", ON_FIELD),
            "b": composing(theirs, "price", ON_FIELD, field="b"),
        }
    )

    assert isinstance(composed, Composed)
    assert links_of(composed) == [
        'url: "https://mine.dev/cost/v1.0", import: ["@weight"]',
        'url: "https://theirs.dev/cost/v1.0", as: "_0cost", import: ["@price"]',
    ]


@pytest.mark.parametrize(
    "identity",
    [
        "https://specs.apollo.dev/join/v0.5",
        "https://specs.apollo.dev/inaccessible/v0.2",
    ],
)
def test_the_name_of_a_spec_for_supergraphs_is_not_taken(identity: str) -> None:
    sdl = f"""
    extend schema {FEDERATION} @link(url: "{identity}", import: ["@tag"])
    type Query {{ a: Int }}
    """

    assert codes_of({"a": sdl}) == [Code.INVALID_LINK_DIRECTIVE_USAGE]
