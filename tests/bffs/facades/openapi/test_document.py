"""The OpenAPI document of a façade describes what its endpoints take and return."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import GraphQLSchema, build_schema
from openapi_spec_validator import validate
from ruamel.yaml import YAML

from weir.bffs.facades.credentials import NO_CREDENTIALS, Credentials
from weir.bffs.facades.openapi.api import RestApi
from weir.bffs.facades.openapi.document import openapi_document
from weir.bffs.facades.openapi.serialization import as_json, as_yaml
from weir.bffs.facades.stored.folder import load_operations

SCHEMA = build_schema(
    """
    type Query {
      title(id: ID!): Title
      titles(kinds: [Kind!], where: Filter, first: Int = 10): [Title!]!
      node(id: ID!): Node
      search(text: String!): [Result]
      count: Int!
      meta: Json
      flat(where: Flat): Int
      films(first: Int, after: ID, last: Int, before: ID): FilmConnection
    }
    type FilmConnection { edges: [FilmEdge] nodes: [Title!]! pageInfo: PageInfo! }
    type FilmEdge { node: Title! cursor: ID! role: String }
    type PageInfo {
      hasNextPage: Boolean! endCursor: ID hasPreviousPage: Boolean! startCursor: ID
    }
    type Mutation { rename(id: ID!, name: String!, note: Note): Title }
    interface Node { id: ID! }
    union Result = Title | Person
    "A film or a series."
    type Title implements Node {
      id: ID!
      "The name in the language of the client."
      name: String!
      kind: Kind
      rating: Float @deprecated(reason: "Use score.")
      cast: [Person!]
    }
    type Person implements Node { id: ID! name: String! born: Date }
    enum Kind { MOVIE SERIES }
    input Filter { kind: Kind = MOVIE, not: Filter, years: [Int!] }
    input Flat { year: Int!, kind: Kind = MOVIE, text: String = null }
    input Note @oneOf { text: String, by: ID }
    scalar Date @specifiedBy(url: "https://example.com/date")
    scalar Json
    """
)


def described(
    folder: Path,
    operation: str,
    *,
    schema: GraphQLSchema = SCHEMA,
    credentials: Credentials = NO_CREDENTIALS,
    authenticated: bool = False,
) -> Any:
    """Return the description of one operation, which is valid OpenAPI."""
    (folder / "a.graphql").write_text(operation)
    api = RestApi(
        name="web",
        path="/web",
        servers=("/web",),
        schema=schema,
        operations=load_operations(folder),
        credentials=credentials,
        authenticated=authenticated,
    )
    document = orjson.loads(as_json(openapi_document(api)))
    validate(document)
    return document


def body_of(document: Any) -> Any:
    """Return the schema of the one response, without the member for warnings."""
    schemas = document["components"]["schemas"]
    name = min((each for each in schemas if "Response" in each), key=len)
    schema = inlined(schemas[name], schemas)
    for each in schema.get("anyOf", [schema]):
        del each["properties"]["_weir"]
    return schema


def inlined(schema: Any, schemas: Any) -> Any:
    """Return a schema without references to the objects of a response."""
    if isinstance(schema, list):
        return [inlined(each, schemas) for each in schema]
    if not isinstance(schema, dict):
        return schema
    name = schema.get("$ref", "").rpartition("/")[2]
    if "Response" in name:
        return inlined(schemas[name], schemas)
    return {key: inlined(each, schemas) for key, each in schema.items()}


def operation_of(document: Any) -> Any:
    ((_, item),) = document["paths"].items()
    ((_, operation),) = item.items()
    return operation


TEXT = {"type": "string"}
NAME = {**TEXT, "description": "The name in the language of the client."}
KIND = {"$ref": "#/components/schemas/Kind"}


def closed(required: list[str], **properties: Any) -> Any:
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def or_null(schema: Any) -> Any:
    return {"anyOf": [schema, {"type": "null"}]}


BODIES = {
    "an object is unwrapped": (
        "{ title(id: 1) { name kind } }",
        closed(["name", "kind"], name=NAME, kind={"anyOf": [KIND, {"type": "null"}]}),
    ),
    "a list is put into items": (
        "{ titles { id } }",
        closed(["items"], items={"type": "array", "items": closed(["id"], id=TEXT)}),
    ),
    "a scalar has the name of its field": (
        "{ all: count }",
        closed(["all"], all={"type": "integer", "format": "int32"}),
    ),
    "a custom scalar is any object": ("{ meta }", {"type": "object", "properties": {}}),
    "several root fields are one object": (
        "{ count title(id: 1) { id } }",
        closed(
            ["count", "title"],
            count={"type": "integer", "format": "int32"},
            title=or_null(closed(["id"], id=TEXT)),
        ),
    ),
    "a field with a condition may be missing": (
        "query Q($with: Boolean!) { title(id: 1) { id name @include(if: $with) } }",
        closed(["id"], id=TEXT, name=NAME),
    ),
    "a deprecated field is marked": (
        "{ title(id: 1) { rating } }",
        closed(
            ["rating"],
            rating={
                "type": ["number", "null"],
                "format": "double",
                "deprecated": True,
            },
        ),
    ),
    "types of an interface that have the same fields are one": (
        "{ node(id: 1) { id } }",
        closed(["id"], id=TEXT),
    ),
    "types with other fields are alternatives": (
        "{ node(id: 1) { __typename ... on Title { name } } }",
        {
            "anyOf": [
                closed(["__typename"], __typename={**TEXT, "enum": ["Person"]}),
                closed(
                    ["__typename", "name"],
                    __typename={**TEXT, "enum": ["Title"]},
                    name=NAME,
                ),
            ]
        },
    ),
    "the nodes of a connection are items": (
        "{ films { edges { node { id } } } }",
        closed(
            ["items"],
            items={
                "type": ["array", "null"],
                "items": or_null(closed(["id"], id=TEXT)),
            },
        ),
    ),
    "edges with fields of their own are items": (
        "{ films { edges { role node { id } } } }",
        closed(
            ["items"],
            items={
                "type": ["array", "null"],
                "items": or_null(
                    closed(
                        ["role", "node"],
                        role={"type": ["string", "null"]},
                        node=closed(["id"], id=TEXT),
                    )
                ),
            },
        ),
    ),
    "a connection keeps its other fields": (
        "{ films { nodes { id } pageInfo { endCursor } } }",
        closed(
            ["items", "pageInfo"],
            items={"type": "array", "items": closed(["id"], id=TEXT)},
            pageInfo=closed(["endCursor"], endCursor={"type": ["string", "null"]}),
        ),
    ),
    "fragments are parts of the object": (
        "{ title(id: 1) { ...T } } fragment T on Title { id ... on Node { id } }",
        closed(["id"], id=TEXT),
    ),
}


@pytest.mark.parametrize(("operation", "body"), BODIES.values(), ids=BODIES)
def test_the_body_of_a_response(tmp_path: Path, operation: str, body: Any) -> None:
    text = operation if operation.startswith("query") else f"query Q {operation}"
    bound = text.replace("{", ' @rest(path: "/q") {', 1)
    if "$with" in text:
        bound = text.replace(") {", ') @rest(path: "/q") {', 1)

    assert body_of(described(tmp_path, bound)) == body


def test_the_parameters_of_a_query(tmp_path: Path) -> None:
    document = described(
        tmp_path,
        "query Q($id: ID!, $kinds: [Kind!] = [MOVIE], $where: Filter)"
        ' @rest(path: "/q/{id}", summary: "All of it.", tags: ["titles"])'
        " { title(id: $id) { id } titles(kinds: $kinds, where: $where) { id } }",
    )

    operation = operation_of(document)
    assert operation["operationId"] == "Q"
    assert (operation["summary"], operation["tags"]) == ("All of it.", ["titles"])
    assert operation["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": TEXT},
        {
            "name": "kinds",
            "in": "query",
            "required": False,
            "schema": {"type": "array", "items": KIND, "default": ["MOVIE"]},
        },
        {
            "name": "where",
            "in": "query",
            "required": False,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Filter"}}
            },
        },
    ]
    assert document["components"]["schemas"]["Filter"]["properties"]["not"] == {
        "anyOf": [{"$ref": "#/components/schemas/Filter"}, {"type": "null"}]
    }
    assert "requestBody" not in operation


def test_the_body_of_a_mutation(tmp_path: Path) -> None:
    document = described(
        tmp_path,
        "mutation R($id: ID!, $name: String!, $note: Note) @rest(method: POST,"
        ' path: "/t/{id}") { rename(id: $id, name: $name, note: $note) { id } }',
    )

    operation = operation_of(document)
    assert [each["name"] for each in operation["parameters"]] == ["id"]
    body = operation["requestBody"]
    assert body["required"] is True
    note = {"anyOf": [{"$ref": "#/components/schemas/Note"}, {"type": "null"}]}
    assert body["content"]["application/json"]["schema"] == closed(
        ["name"], name=TEXT, note=note
    )
    one_of = document["components"]["schemas"]["Note"]
    assert (one_of["minProperties"], one_of["maxProperties"]) == (1, 1)
    assert {"304"}.isdisjoint(operation["responses"])
    assert {"200", "400", "404", "413", "415"} <= operation["responses"].keys()


READ = 'query Q @rest(path: "/q") { count }'
CERTIFICATES = Credentials(has_certificates=True)
BOTH = Credentials(has_tokens=True, api_key_header="x-api-key")
IN_QUERY = Credentials(api_key_header="x-api-key", api_key_query="api_key")


@pytest.mark.parametrize(
    ("credentials", "authenticated", "security"),
    [
        (NO_CREDENTIALS, False, None),
        (BOTH, False, [{"bearer": []}, {"apiKey": []}, {}]),
        (BOTH, True, [{"bearer": []}, {"apiKey": []}]),
        (CERTIFICATES, True, [{"clientCertificate": []}]),
        (IN_QUERY, True, [{"apiKey": []}, {"apiKeyInQuery": []}]),
    ],
)
def test_the_credentials_of_a_request(
    tmp_path: Path,
    credentials: Credentials,
    authenticated: bool,  # noqa: FBT001 - a column of the table
    security: Any,
) -> None:
    document = described(
        tmp_path, READ, credentials=credentials, authenticated=authenticated
    )

    assert operation_of(document).get("security") == security
    schemes = document["components"].get("securitySchemes", {})
    assert schemes.keys() == credentials.schemes.keys()


def test_the_version_changes_with_the_api_alone(tmp_path: Path) -> None:
    versions = [
        described(tmp_path, text)["info"]["version"]
        for text in (READ, READ, READ.replace("/q", "/other"))
    ]

    assert versions[0] == versions[1] != versions[2]


def test_a_response_whose_name_a_type_has_gets_another_one(tmp_path: Path) -> None:
    schema = build_schema("type Query { count: QResponse! } enum QResponse { ONE }")

    schemas = described(tmp_path, READ, schema=schema)["components"]["schemas"]

    assert schemas["QResponse"] == {"type": "string", "enum": ["ONE"]}
    count = schemas["QResponse2"]["properties"]["count"]
    assert count == {"$ref": "#/components/schemas/QResponse"}


def test_parameters_with_a_place_and_a_style(tmp_path: Path) -> None:
    document = described(
        tmp_path,
        "query Q($kinds: [Kind!] @param(style: COMMA),"
        " $where: Flat @param(style: DEEP_OBJECT),"
        ' $text: String! @param(in: HEADER, name: "X-Text")) @rest(path: "/q")'
        " { titles(kinds: $kinds) { id } flat(where: $where) search(text: $text)"
        " { __typename } }",
    )

    kinds, where, text = operation_of(document)["parameters"]
    assert (kinds["style"], kinds["explode"]) == ("form", False)
    assert (where["style"], where["explode"]) == ("deepObject", True)
    number = {"type": "integer", "format": "int32"}
    assert where["schema"] == closed(
        ["year"],
        year=number,
        kind={**KIND, "default": "MOVIE"},
        text=TEXT,
    )
    assert (text["in"], text["name"], text["required"]) == ("header", "X-Text", True)


def test_a_whole_body_is_the_schema_of_its_variable(tmp_path: Path) -> None:
    document = described(
        tmp_path,
        "mutation R($id: ID!, $name: String!, $note: Note! @param(in: BODY))"
        ' @rest(method: PUT, path: "/t/{id}", status: 204)'
        " { rename(id: $id, name: $name, note: $note) { id } }",
    )

    operation = operation_of(document)
    assert [each["in"] for each in operation["parameters"]] == ["path", "query"]
    assert operation["requestBody"] == {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Note"}}
        },
    }
    assert "content" not in operation["responses"]["204"]
    assert "content" in operation["responses"]["200"]


def test_a_deprecated_endpoint_and_its_announcements(tmp_path: Path) -> None:
    document = described(
        tmp_path,
        'query LongName @rest(path: "/q", deprecated: "2026-01-01",'
        ' sunset: "2026-12-31", notice: "https://x.test/") { count }',
    )

    operation = operation_of(document)
    assert operation["deprecated"] is True
    assert operation["summary"] == "Long name"
    headers = operation["responses"]["200"]["headers"]
    assert {"Deprecation", "Sunset", "Link"} <= headers.keys()


def test_a_document_without_credentials_says_so(tmp_path: Path) -> None:
    assert described(tmp_path, READ)["security"] == []
    assert "security" not in described(tmp_path, READ, credentials=BOTH)


def test_yaml_and_json_are_the_same_document(tmp_path: Path) -> None:
    document = described(tmp_path, READ)

    text = as_yaml(document)

    assert YAML(typ="safe", pure=True).load(text) == document
    assert text.startswith(b"openapi: 3.1.1\ninfo:\n  title: web\n")
    assert b"&id" not in text
