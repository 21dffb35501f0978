"""Every name in a schema belongs to one feature at most."""

import pytest
from graphql import parse

from weir.schema.diagnostics.codes import Code
from weir.schema.link.names import check_names
from weir.schema.link.parse_links import InvalidLink, parse_links

FEDERATION = 'url: "https://specs.apollo.dev/federation/v2.9"'
MINE = 'url: "https://mine.dev/mine/v1.0"'
THEIRS = 'url: "https://theirs.dev/theirs/v1.0"'
TAG = 'url: "https://specs.apollo.dev/tag/v0.3"'


def check(*links: str) -> None:
    applied = " ".join(f"@link({each})" for each in links)
    check_names(parse_links(parse(f"extend schema {applied}")))


@pytest.mark.parametrize(
    "links",
    [
        (MINE, THEIRS),
        (f'{MINE}, import: ["@mine"]',),
        (f'{MINE}, as: "a", import: [{{name: "@mine", as: "@a"}}]',),
        (f'{MINE}, import: [{{name: "@a", as: "@mine__a"}}]',),
        (f'{MINE}, import: ["@a"]', f'{THEIRS}, import: [{{name: "@a", as: "@b"}}]'),
        (f'{MINE}, import: ["@a"]', f'{THEIRS}, import: ["a"]'),
        (TAG, THEIRS),
    ],
)
def test_distinguishable_names_are_accepted(links: tuple[str, ...]) -> None:
    check(*links)


@pytest.mark.parametrize(
    ("links", "reason"),
    [
        ((f'{FEDERATION}, as: "a__b"',), "has no"),
        ((f'{FEDERATION}, as: "a_"',), "does not end"),
        ((f'{MINE}, import: [{{name: "@x", as: "@join__x"}}]',), '"join"'),
        ((f'{MINE}, import: ["@join"]',), '"join"'),
        ((f'{MINE}, import: ["@mine__a"]',), 'namespace "mine"'),
        ((f'{MINE}, as: "a", import: ["@a"]',), 'namespace "a"'),
        ((f'{MINE}, as: "a"', f'{THEIRS}, as: "a"'), "are both linked"),
        ((MINE, f'{THEIRS}, import: ["@mine"]'), 'namespace "mine"'),
        ((f'{MINE}, import: ["@theirs__x"]', THEIRS), 'namespace "theirs"'),
        ((f'{MINE}, import: [{{name: "@x", as: "@mine"}}]',), 'namespace "mine"'),
        (
            (f'{MINE}, import: ["@a"]', f'{THEIRS}, import: ["@a"]'),
            "imported under that name",
        ),
        (
            (f'{MINE}, import: ["@a", {{name: "@b", as: "@a"}}]',),
            "imported under that name",
        ),
        ((f'{FEDERATION}, import: ["@tag"]', TAG), "instead of linking"),
    ],
)
def test_names_that_can_be_confused_are_refused(
    links: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(InvalidLink, match=reason) as caught:
        check(*links)

    assert caught.value.code is Code.INVALID_LINK_DIRECTIVE_USAGE
