"""The changes between two descriptions: what breaks clients, and what does not."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, parse

from tests.support.facade_client import stored_operation
from tests.support.growth import LINEAR, Sizes, growth_exponent
from weir.bffs.facades.credentials import NO_CREDENTIALS, Credentials
from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.openapi.diff import openapi_diff
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.stored.directives import directives_of
from weir.bffs.facades.stored.rest_directive import REST, read_binding
from weir.gateway.json_types import JSONObject

SDL = """
type Query {
  film(id: ID!, kinds: [Kind!], filter: Filter): Film
  films: [Film!]!
  node: Node
}
type Mutation { add(film: NewFilm, name: String): Film }
type Film { id: ID! name: String! year: Int kind: Kind! next: Film }
type Person { born: Int }
union Node = Film | Person
enum Kind { FILM SERIES }
input Filter { year: Int kind: Kind }
input NewFilm { name: String! year: Int parent: NewFilm }
"""
FILM = (
    'query Film($id: ID!) @rest(path: "/f/{id}") { film(id: $id) { name year kind } }'
)
KINDS = (
    'query Q($id: ID!, $kinds: [Kind!]) @rest(path: "/f/{id}")'
    " { film(id: $id, kinds: $kinds) { name } }"
)
ADD = (
    "mutation Add($film: NewFilm @param(in: BODY))"
    ' @rest(method: POST, path: "/f") { add(film: $film) { id } }'
)
NODE = 'query N @rest(path: "/n") { node { ... on Film { name } } }'


def described(
    text: str = FILM,
    sdl: str = SDL,
    path: str = "/api",
    credentials: Credentials = NO_CREDENTIALS,
    *,
    authenticated: bool = False,
) -> Any:
    """Return the description of one operation with its directives."""
    schema = build_schema(sdl)
    definition = parse(text).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    bindings = [
        read_binding(each, definition) for each in directives_of(definition, REST)
    ]
    stored = stored_operation(text, *bindings)
    return openapi_document(
        RestApi(
            name="a",
            path=path,
            servers=(path,),
            schema=schema,
            operations=(stored,),
            credentials=credentials,
            authenticated=authenticated,
        )
    )


def changes(old: Any, new: Any) -> list[str]:
    return [str(each) for each in openapi_diff(old, new)]


RESPONSE = "GET /f/{id}: response: "
BODY = "POST /f: body: "

OPERATIONS = {
    "the same": (FILM, FILM, []),
    "a name of a path parameter": (
        FILM,
        FILM.replace("id", "film_id").replace("film(film_id:", "film(id:"),
        [],
    ),
    "another path": (
        FILM,
        FILM.replace("/f/", "/g/"),
        ["breaking: GET /f/{id} was removed.", "safe: GET /g/{id} was added."],
    ),
    "a removed member": (
        FILM,
        FILM.replace(" year", ""),
        [f"breaking: {RESPONSE}`year` was removed."],
    ),
    "a new member": (
        FILM,
        FILM.replace(" year", " year id"),
        [f"safe: {RESPONSE}`id` was added."],
    ),
    "a member that may be missing": (
        FILM.replace("$id: ID!", "$id: ID!, $x: Boolean!"),
        FILM.replace("$id: ID!", "$id: ID!, $x: Boolean!").replace(
            "year", "year @include(if: $x)"
        ),
        [f"breaking: {RESPONSE}`year` may be missing now."],
    ),
    "a member below": (
        FILM.replace("year", "next { next { id year } }"),
        FILM.replace("year", "next { next { id } }"),
        [f"breaking: {RESPONSE}`next.next.year` was removed."],
    ),
    "a removed parameter": (
        KINDS,
        KINDS.replace(", $kinds: [Kind!]", "").replace(", kinds: $kinds", ""),
        ["breaking: GET /f/{id}: the parameter `kinds` was removed."],
    ),
    "a new parameter": (
        KINDS.replace(", $kinds: [Kind!]", "").replace(", kinds: $kinds", ""),
        KINDS,
        ["safe: GET /f/{id}: the optional parameter `kinds` was added."],
    ),
    "a new required parameter": (
        KINDS.replace(", $kinds: [Kind!]", "").replace(", kinds: $kinds", ""),
        KINDS.replace("[Kind!]", "[Kind!]!"),
        ["breaking: GET /f/{id}: the required parameter `kinds` was added."],
    ),
    "a parameter that is required now": (
        KINDS,
        KINDS.replace("[Kind!]", "[Kind!]!"),
        ["breaking: GET /f/{id}: the parameter `kinds` is required now."],
    ),
    "a parameter in another form": (
        KINDS,
        KINDS.replace("[Kind!]", "[Kind!] @param(style: COMMA)"),
        ["breaking: GET /f/{id}: the parameter `kinds` is written in another form."],
    ),
    "another default": (
        KINDS.replace("[Kind!]", "[Kind!] = [FILM]"),
        KINDS.replace("[Kind!]", "[Kind!] = [SERIES]"),
        ["dangerous: GET /f/{id}: parameter `kinds`: has another default."],
    ),
    "another status": (
        ADD,
        ADD.replace('path: "/f"', 'path: "/f", status: 201'),
        ["breaking: POST /f: it responds 200, 201 in place of 200."],
    ),
    "a required body": (
        ADD,
        ADD.replace("$film: NewFilm", "$film: NewFilm!"),
        ["breaking: POST /f: the body is required now."],
    ),
    "no body": (
        ADD,
        'mutation Add @rest(method: POST, path: "/f") { add { id } }',
        ["breaking: POST /f: it does not take a body any more."],
    ),
    "a new optional body": (
        'mutation Add @rest(method: POST, path: "/f") { add { id } }',
        ADD,
        ["safe: POST /f: it takes a body now, which is optional."],
    ),
    "a deprecation": (
        FILM,
        FILM.replace('"/f/{id}"', '"/f/{id}", deprecated: "2026-01-01"'),
        ["dangerous: GET /f/{id}: it is deprecated now."],
    ),
}


@pytest.mark.parametrize(
    ("old", "new", "expected"), OPERATIONS.values(), ids=OPERATIONS
)
def test_changes_of_an_operation(old: str, new: str, expected: list[str]) -> None:
    assert changes(described(old), described(new)) == expected


SCHEMAS = {
    "a member that may be null": (
        FILM,
        "name: String!",
        "name: String",
        [f"breaking: {RESPONSE}`name` may be null now."],
    ),
    "a member that is never null": (
        FILM,
        "year: Int",
        "year: Int!",
        [f"safe: {RESPONSE}`year` cannot be null any more."],
    ),
    "another type": (
        FILM,
        "year: Int kind",
        "year: String kind",
        [f"breaking: {RESPONSE}`year` changed from int32 to string."],
    ),
    "a list": (
        FILM,
        "name: String!",
        "name: [String!]!",
        [f"breaking: {RESPONSE}`name` changed from string to array."],
    ),
    "a new value of a response": (
        FILM,
        "{ FILM SERIES }",
        "{ FILM SERIES SHORT }",
        [f"dangerous: {RESPONSE}`kind` has the new value SHORT."],
    ),
    "a removed value of a request": (
        KINDS,
        "{ FILM SERIES }",
        "{ FILM }",
        [
            "breaking: GET /f/{id}: parameter `kinds`: `[]` does not have the value"
            " SERIES any more."
        ],
    ),
    "a new member of an input": (
        ADD,
        "input NewFilm {",
        "input NewFilm { note: String",
        [f"safe: {BODY}`note` was added."],
    ),
    "a new required member of an input": (
        ADD,
        "input NewFilm {",
        "input NewFilm { note: String!",
        [f"breaking: {BODY}`note` was added, and is required."],
    ),
    "a removed member of an input": (
        ADD,
        "year: Int parent",
        "parent",
        [f"breaking: {BODY}`year` was removed."],
    ),
    "an optional member of an input": (
        ADD,
        "{ name: String! year",
        '{ name: String! = "M" year',
        [
            f"dangerous: {BODY}`name` has another default.",
            f"safe: {BODY}`name` is optional now.",
        ],
    ),
    "a new type of a union": (
        NODE,
        "Film | Person",
        "Film | Person | Other type Other { x: Int }",
        [],
    ),
    "a new alternative": (
        NODE.replace("{ name }", "{ name } ... on Person { born }"),
        "Film | Person",
        "Film | Person | Other type Other { x: Int }",
        ["dangerous: GET /n: response: may be an object with _weir now."],
    ),
}


@pytest.mark.parametrize(
    ("text", "before", "after", "expected"), SCHEMAS.values(), ids=SCHEMAS
)
def test_changes_of_the_graph(
    text: str, before: str, after: str, expected: list[str]
) -> None:
    assert before in SDL

    new = described(text, SDL.replace(before, after))

    assert changes(described(text), new) == expected


def test_another_address_is_safe_and_a_missing_one_breaks() -> None:
    one = {"servers": [{"url": "/a"}], "paths": {}}
    both = {"servers": [{"url": "//a.test"}, {"url": "/a"}], "paths": {}}

    assert changes(one, both) == [
        "safe: The addresses of the API have changed. All former ones remain."
    ]
    assert changes(both, one) == ["breaking: The address of the API has changed."]


def test_changes_of_address_and_credentials() -> None:
    tokens = Credentials(has_tokens=True)

    assert changes(described(), described(path="/b")) == [
        "breaking: The address of the API has changed."
    ]
    # Anonymous callers are still admitted.
    assert changes(described(), described(credentials=tokens)) == []
    assert changes(described(credentials=tokens), described()) == []
    members = described(credentials=tokens, authenticated=True)
    assert changes(described(credentials=tokens), members) == [
        "breaking: GET /f/{id}: it needs other credentials."
    ]


@pytest.mark.parametrize(
    "old",
    [
        {},
        {"paths": []},
        {"paths": {"/f/{id}": None}},
        {"paths": {"/f/{id}": {"get": {"parameters": 1, "responses": [], "x": 1}}}},
        {"paths": {"/f/{id}": {"get": {"security": 1, "requestBody": "a"}}}},
        {
            "paths": {
                "/f/{id}": {
                    "get": {
                        "responses": {
                            "200": {
                                "content": {
                                    "application/json": {"schema": {"$ref": "#/a"}}
                                }
                            }
                        }
                    }
                }
            },
            "a": {"$ref": "#/a"},
        },
    ],
)
def test_any_other_document_is_compared_as_far_as_possible(old: Any) -> None:
    assert changes(old, described())
    assert changes(described(), old)


def test_the_comparison_of_large_enums_is_linear() -> None:
    def documents(size: int) -> tuple[JSONObject, JSONObject]:
        return with_values("OLD", size), with_values("NEW", size)

    exponent = growth_exponent(
        lambda both: openapi_diff(*both),
        documents,
        Sizes(smallest=512, doublings=4, runs=2),
    )

    assert exponent <= LINEAR


def with_values(name: str, size: int) -> JSONObject:
    schema: JSONObject = {"enum": [f"{name}{number}" for number in range(size)]}
    content: JSONObject = {"application/json": {"schema": schema}}
    return {"paths": {"/f": {"get": {"responses": {"200": {"content": content}}}}}}
