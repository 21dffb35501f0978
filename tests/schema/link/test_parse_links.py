"""What a schema links decides under which names federation's elements are visible."""

import pytest
from graphql import parse

from weir.schema.diagnostics.codes import Code
from weir.schema.link.links import FEDERATION_IDENTITY, Links
from weir.schema.link.parse_links import InvalidLink, parse_links

FEDERATION = "https://specs.apollo.dev/federation/v2.9"


def links(arguments: str) -> Links:
    return parse_links(parse(f"extend schema @link({arguments})"))


@pytest.mark.parametrize(
    ("arguments", "visible"),
    [
        (f'url: "{FEDERATION}"', "federation__key"),
        (f'url: "{FEDERATION}", import: ["@key"]', "key"),
        (f'url: "{FEDERATION}", as: "fed"', "fed__key"),
        (f'url: "{FEDERATION}", import: [{{name: "@key", as: "@id"}}]', "id"),
        (f'url: "{FEDERATION}", as: "key"', "key__key"),
    ],
)
def test_a_directive_is_visible_as_imported_or_in_its_namespace(
    arguments: str, visible: str
) -> None:
    federation = links(arguments).federation

    assert federation is not None
    assert federation.directive("key") == visible
    assert federation.element(visible) == "key"


def test_a_directive_named_like_its_feature_needs_no_prefix() -> None:
    tag = links('url: "https://specs.apollo.dev/tag/v0.3", as: "label"').feature(
        "https://specs.apollo.dev/tag"
    )

    assert tag is not None
    assert tag.directive("tag") == "label"


def test_link_may_be_renamed_by_itself() -> None:
    document = parse(
        'extend schema @uses(url: "https://specs.apollo.dev/link/v1.0", as: "uses")'
        f' @uses(url: "{FEDERATION}", import: ["@key"])'
    )

    assert FEDERATION_IDENTITY in parse_links(document).features


def test_a_link_directive_of_ones_own_links_nothing() -> None:
    document = parse(
        'directive @link(to: String) on SCHEMA extend schema @link(to: "x")'
    )

    assert list(parse_links(document)) == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('import: ["@key"]', Code.INVALID_LINK_DIRECTIVE_USAGE),
        ('url: "nothing"', Code.INVALID_LINK_IDENTIFIER),
        (f'url: "{FEDERATION}", import: "@key"', Code.INVALID_LINK_DIRECTIVE_USAGE),
        (f'url: "{FEDERATION}", import: [7]', Code.INVALID_LINK_DIRECTIVE_USAGE),
        (
            f'url: "{FEDERATION}", import: [{{name: "@key", as: "key"}}]',
            Code.INVALID_LINK_DIRECTIVE_USAGE,
        ),
        (
            f'url: "{FEDERATION}", import: [{{name: "@key", as: "@k y"}}]',
            Code.INVALID_LINK_DIRECTIVE_USAGE,
        ),
        (
            'url: "https://a.dev/b/v1.0", import: [{name: "C d", as: "C"}]',
            Code.INVALID_LINK_DIRECTIVE_USAGE,
        ),
        ('url: "https://specs.apollo.dev/link/v2.0"', Code.UNKNOWN_LINK_VERSION),
    ],
)
def test_a_wrong_link_is_refused(arguments: str, code: Code) -> None:
    with pytest.raises(InvalidLink) as caught:
        links(arguments)

    assert caught.value.code is code
