"""Relay connections as REST collections: items, and links to other pages."""

from typing import Any
from urllib.parse import urljoin

import pytest
from graphql import build_schema

from tests.support.facade_client import binding, stored_operation
from weir.bffs.facades.rest.connection import Connection

SCHEMA = build_schema(
    """
    type Query {
      films(first: Int, after: ID, last: Int, before: ID): FilmConnection
      others: Others
    }
    type FilmConnection {
      edges: [FilmEdge] nodes: [Film] pageInfo: PageInfo! total: Int items: Int
    }
    type FilmEdge { node: Film cursor: ID! role: String }
    type Film { id: ID! }
    type PageInfo {
      hasNextPage: Boolean! endCursor: ID hasPreviousPage: Boolean! startCursor: ID
    }
    type Others { edges: [FilmEdge] pageInfo: PageInfo! }
    """
)
BOTH_WAYS = "$first: Int = 2, $after: ID, $last: Int, $before: ID"
ARGUMENTS = "(first: $first, after: $after, last: $last, before: $before)"
INFO = "pageInfo { hasNextPage endCursor hasPreviousPage startCursor }"


def connection(selection: str, variables: str = BOTH_WAYS) -> Connection | None:
    text = f"query Q({variables}) {selection}"
    return Connection.of(stored_operation(text, binding("GET", "/films")), SCHEMA)


def films(selected: str) -> Connection:
    found = connection(f"{{ films{ARGUMENTS} {{ {selected} }} }}")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("selected", "value", "resource"),
    [
        (
            "edges { node { id } }",
            {"edges": [{"node": {"id": "1"}}, {"node": None}, None]},
            {"items": [{"id": "1"}, None, None]},
        ),
        ("e: edges { cursor n: node { id } }", {"e": [{"n": 1}]}, {"items": [1]}),
        ("edges { node { id } role }", {"edges": [{"r": 1}]}, {"items": [{"r": 1}]}),
        ("nodes { id } total", {"nodes": [1], "total": 3}, {"items": [1], "total": 3}),
        ("edges { node { id } }", {"edges": None}, {"items": None}),
        (
            "edges @include(if: $x) { node { id } } total",
            {"total": 3},
            {"total": 3},
        ),
        (
            "...F ... { edges { ... { node { id } } } }",
            {"edges": [{"node": 1}], "total": 1},
            {"items": [1], "total": 1},
        ),
    ],
)
def test_the_nodes_are_the_items(selected: str, value: Any, resource: Any) -> None:
    text = (
        f"query Q {{ films {{ {selected} }} }} fragment F on FilmConnection {{total}}"
    )
    found = Connection.of(stored_operation(text, binding("GET", "/f")), SCHEMA)
    assert found is not None

    assert found.resource(value) == resource


@pytest.mark.parametrize(
    "selection",
    [
        "{ others { edges { node { id } } } }",
        "{ films { total } }",
        "{ films { items edges { node { id } } } }",
        "{ films { edges { node { id } } } others { pageInfo { endCursor } } }",
    ],
)
def test_other_selections_are_not_collections(selection: str) -> None:
    assert connection(selection) is None


def page(*, next_: str | None = None, previous: str | None = None) -> Any:
    info = {
        "hasNextPage": next_ is not None,
        "endCursor": next_,
        "hasPreviousPage": previous is not None,
        "startCursor": previous,
    }
    return {"edges": [], "pageInfo": info}


@pytest.mark.parametrize(
    ("query", "pages", "links"),
    [
        ("", page(), ()),
        ("", page(next_="c2"), (b'<?after=c2>; rel="next"',)),
        (
            "first=5&x=a%20b",
            page(next_="c"),
            (b'<?x=a+b&first=5&after=c>; rel="next"',),
        ),
        ("last=3&before=z", page(next_="c"), (b'<?first=3&after=c>; rel="next"',)),
        ("after=a", page(previous="p"), (b'<?last=2&before=p>; rel="prev"',)),
        (
            "first=4",
            page(next_="c", previous="p"),
            (b'<?first=4&after=c>; rel="next", <?last=4&before=p>; rel="prev"',),
        ),
        (
            "",
            page(next_='">;\r\n,'),
            (b'<?after=%22%3E%3B%0D%0A%2C>; rel="next"',),
        ),
        ("", page(next_="c" * 5000), ()),
    ],
)
def test_links_lead_to_other_pages(
    query: str, pages: Any, links: tuple[bytes, ...]
) -> None:
    found = films(f"edges {{ node {{ id }} }} {INFO}")

    assert [value for _, value in found.links(pages, query)] == [*links]


def test_a_link_is_relative_to_the_address_that_the_client_used() -> None:
    base = "https://a.test/api/films?first=2"

    assert urljoin(base, "?after=c") == "https://a.test/api/films?after=c"


@pytest.mark.parametrize(
    ("variables", "arguments", "info"),
    [
        ("$first: Int", "(first: $first)", INFO),
        (BOTH_WAYS, ARGUMENTS, "pageInfo { endCursor startCursor }"),
        (BOTH_WAYS, ARGUMENTS, "pageInfo { hasNextPage hasPreviousPage }"),
        (BOTH_WAYS, ARGUMENTS, "total"),
    ],
)
def test_without_cursors_or_their_variables_there_is_no_link(
    variables: str, arguments: str, info: str
) -> None:
    found = connection(
        f"{{ films{arguments} {{ edges {{ node {{ id }} }} {info} }} }}", variables
    )
    assert found is not None

    assert found.links(page(next_="c", previous="p"), "") == ()
