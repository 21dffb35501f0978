"""Lists with an offset and a limit as REST collections: links to other pages."""

import pytest
from graphql import OperationDefinitionNode, build_schema, parse

from tests.support.facade_client import stored_operation
from weir.bffs.facades.rest.offset_pages import OffsetPages, page_problems
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.rest_directive import read_binding

SCHEMA = build_schema(
    """
    type Query { films(skip: Int, take: Int, year: String): [ID!]! count: Int! }
    """
)
FILMS = "films(skip: $skip, take: $take)"
VARIABLES = "$skip: Int = 0, $take: Int = 2"


def listed(
    variables: str = VARIABLES,
    selection: str = FILMS,
    rest: str = 'offset: "skip", limit: "take"',
    path: str = "/films",
) -> StoredOperation:
    document = (
        f'query Films({variables}) @rest(path: "{path}", {rest}) {{ {selection} }}'
    )
    (definition,) = parse(document).definitions
    assert isinstance(definition, OperationDefinitionNode)
    (directive,) = definition.directives or ()
    return stored_operation(document, read_binding(directive, definition))


@pytest.mark.parametrize(
    ("query", "count", "links"),
    [
        ("", 2, '<?take=2&skip=2>; rel="next"'),
        ("", 1, ""),
        ("", 0, ""),
        ("skip=2", 1, '<?take=2&skip=0>; rel="prev"'),
        ("skip=1", 0, '<?take=2&skip=0>; rel="prev"'),
        (
            "take=3&year=a%20b&skip=6",
            3,
            '<?year=a+b&take=3&skip=9>; rel="next", '
            '<?year=a+b&take=3&skip=3>; rel="prev"',
        ),
        ("take=0", 0, ""),
        ("skip=4&take=0", 0, ""),
    ],
)
def test_a_full_page_has_a_next_one_and_a_later_one_a_previous(
    query: str, count: int, links: str
) -> None:
    stored = listed(f"{VARIABLES}, $year: String")
    pages = OffsetPages.of(stored, stored.bindings[0])
    assert pages is not None

    found = pages.links(count, query, clamped=False)

    assert [value.decode() for _, value in found] == ([links] if links else [])


def test_the_next_page_begins_after_the_items_of_a_clamped_limit() -> None:
    stored = listed()
    pages = OffsetPages.of(stored, stored.bindings[0])
    assert pages is not None

    found = pages.links(40, "take=1000", clamped=True)

    assert found == ((b"link", b'<?take=1000&skip=40>; rel="next"'),)


def test_an_endpoint_without_declared_pages_has_no_links() -> None:
    stored = listed(rest='summary: "Films."')

    assert OffsetPages.of(stored, stored.bindings[0]) is None
    assert [*page_problems(stored, SCHEMA)] == []


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        (listed(rest='offset: "skip"'), "each needs the other"),
        (listed(rest='limit: "take"'), "each needs the other"),
        (
            listed(rest='method: POST, offset: "skip", limit: "take"'),
            "links to pages are for GET, not for POST",
        ),
        (
            listed(selection="count"),
            "the operation needs a single root field, which is a list",
        ),
        (
            listed(selection=f"{FILMS} count"),
            "the operation needs a single root field, which is a list",
        ),
        (
            listed(rest='offset: "start", limit: "take"'),
            "$start is not a variable of type Int in the query",
        ),
        (
            listed("$skip: String, $take: Int = 2"),
            "$skip is not a variable of type Int in the query",
        ),
        (
            listed(path="/films/{skip}"),
            "$skip is not a variable of type Int in the query",
        ),
        (
            listed('$skip: Int = 0, $take: Int = 2 @param(in: HEADER, name: "X-Take")'),
            "$take is not a variable of type Int in the query",
        ),
        (
            listed("$skip: Int = 0, $take: Int!"),
            "$take needs a default, the number of items of a page",
        ),
    ],
)
def test_pages_that_an_operation_does_not_have_are_an_error(
    stored: StoredOperation, reason: str
) -> None:
    (problem,) = page_problems(stored, SCHEMA)

    assert problem.message == f"@rest(offset:, limit:): {reason}"
