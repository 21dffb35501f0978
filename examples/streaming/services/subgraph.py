"""A federation subgraph as a raw ASGI app: graphql-core over the service's SDL.

Documents are parsed and validated once and cached, because a gateway sends the same few
documents repeatedly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, TypeAlias, TypeVar

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)

from examples.streaming.services.instance import (
    Receive,
    Scope,
    Send,
    read_body,
    send_body,
    send_json,
)

JSONObject: TypeAlias = dict[str, Any]
Info: TypeAlias = "GraphQLResolveInfo[Any]"
Resolver: TypeAlias = Callable[..., Any]
Reference: TypeAlias = Callable[[JSONObject], JSONObject | None]
Item = TypeVar("Item")

KEPT_DOCUMENTS = 256

FEDERATION = """
directive @link(url: String!, as: String, import: [String]) repeatable on SCHEMA
directive @key(fields: String!, resolvable: Boolean = true)
  repeatable on OBJECT | INTERFACE
directive @requires(fields: String!) on FIELD_DEFINITION
directive @provides(fields: String!) on FIELD_DEFINITION
directive @external on OBJECT | FIELD_DEFINITION
directive @shareable repeatable on OBJECT | FIELD_DEFINITION
directive @tag(name: String!) repeatable on FIELD_DEFINITION | OBJECT | INTERFACE
  | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT
  | INPUT_FIELD_DEFINITION
scalar _Any
type _Service { sdl: String }
extend type Query {
  _service: _Service!
  _entities(representations: [_Any!]!): [_Entity]!
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A subgraph: its SDL, the resolvers of its fields and of its entities.

    `resolvers` are by "Type.field"; a field without one is an item of its parent's
    dict. `references` are by type name: representation -> object, None if unknown.
    """

    sdl: str
    resolvers: Mapping[str, Resolver]
    references: Mapping[str, Reference]
    cache_control: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One GraphQL request."""

    query: str
    variables: JSONObject
    operation_name: str | None


class Subgraph:
    """An ASGI app that serves a `Definition` at POST /graphql."""

    def __init__(self, definition: Definition) -> None:
        self._schema = executable_schema(definition)
        self._cache_control = definition.cache_control.encode()
        self._document = lru_cache(KEPT_DOCUMENTS)(self._parsed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (scope["method"], scope["path"]) != ("POST", "/graphql"):
            await send_json(send, 404, {"error": "the only endpoint is POST /graphql"})
            return
        try:
            asked = decode_request(await read_body(receive))
        except ValueError as error:
            await send_json(send, 400, {"errors": [{"message": str(error)}]})
            return
        scope["asked"] = {"query": asked.query, "variables": asked.variables}
        result = self.execute(asked)
        fresh = b"no-store" if result.errors else self._cache_control
        await send_body(send, 200, orjson.dumps(result.formatted), fresh)

    def execute(self, asked: Asked) -> ExecutionResult:
        document = self._document(asked.query)
        if not isinstance(document, DocumentNode):
            return ExecutionResult(errors=list(document))
        result = execute_sync(
            self._schema,
            document,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            field_resolver=item_of_parent,
        )
        assert isinstance(result, ExecutionResult)
        return result

    def _parsed(self, query: str) -> DocumentNode | tuple[GraphQLError, ...]:
        """Return the document, or its errors."""
        try:
            document = parse(query)
        except GraphQLError as error:
            return (error,)
        errors = validate(self._schema, document)
        return tuple(errors) or document


def decode_request(body: bytes) -> Asked:
    """Parse a request; raises ValueError if `body` is not a GraphQL request."""
    request = orjson.loads(body)
    match request:
        case {"query": str(query)} if isinstance(request.get("variables") or {}, dict):
            variables = request.get("variables") or {}
            return Asked(query, variables, request.get("operationName"))
        case _:
            message = "expected a JSON object with a query, and variables as an object"
            raise ValueError(message)


def executable_schema(definition: Definition) -> GraphQLSchema:
    entities = " | ".join(definition.references)
    schema = build_schema(
        f"{definition.sdl}\n{FEDERATION}\nunion _Entity = {entities}",
        assume_valid_sdl=True,
    )
    for coordinate, resolver in definition.resolvers.items():
        set_resolver(schema, coordinate, resolver)
    set_resolver(schema, "Query._service", lambda _root, _info: {"sdl": definition.sdl})
    set_resolver(schema, "Query._entities", entities_resolver(definition.references))
    return schema


def set_resolver(schema: GraphQLSchema, coordinate: str, resolver: Resolver) -> None:
    type_name, _, field_name = coordinate.partition(".")
    parent = schema.type_map[type_name]
    assert isinstance(parent, GraphQLObjectType)
    parent.fields[field_name].resolve = resolver


def entities_resolver(references: Mapping[str, Reference]) -> Resolver:
    def resolve(
        _root: None, _info: Info, representations: list[JSONObject]
    ) -> list[JSONObject | None]:
        return [entity(references, item) for item in representations]

    return resolve


def entity(
    references: Mapping[str, Reference], representation: JSONObject
) -> JSONObject | None:
    type_name = representation.get("__typename", "")
    if type_name not in references:
        message = f"{type_name!r} is not an entity of this service"
        raise GraphQLError(message)
    found = references[type_name](representation)
    return found and {**found, "__typename": type_name}


def item_of_parent(source: JSONObject, info: Info) -> Any:
    return source[info.field_name]


def head(items: Sequence[Item], first: int) -> Sequence[Item]:
    """Return the first items of a list; raises GraphQLError for a negative number."""
    check_not_negative("first", first)
    return items[:first]


def shortened(text: str, max_length: int) -> str:
    """Return `text`, or its first words with an ellipsis; raises GraphQLError."""
    check_not_negative("maxLength", max_length)
    if len(text) <= max_length:
        return text
    return text[: max(max_length - 1, 0)].rsplit(" ", 1)[0] + "…"


def read_sdl(name: str) -> str:
    return (Path(__file__).with_name(name)).read_text(encoding="utf-8")


def check_not_negative(argument: str, value: int) -> None:
    if value < 0:
        refuse("BAD_USER_INPUT", f"{argument} must not be negative.")


def refuse(code: str, message: str) -> NoReturn:
    raise GraphQLError(message, extensions={"code": code})
