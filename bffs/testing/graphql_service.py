"""A GraphQL service of a test: the SDL of a subgraph, executed over plain data."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import graphql
from graphql import (
    DocumentNode,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    SchemaExtensionNode,
    build_ast_schema,
    concat_ast,
    parse,
    print_ast,
)

from weir.bffs.testing.services import Service, ServiceRequest, ServiceResponse
from weir.gateway.json_types import JSONObject

Entities: TypeAlias = Mapping[str, Callable[[JSONObject], JSONObject | None]]
"""Functions from the representation of an entity to its object, by type."""


def graphql_service(
    sdl: str, data: Mapping[str, Any], entities: Entities | None = None
) -> Service:
    """Return a service that executes requests against the SDL of a subgraph.

    `data` has the fields of the root types, and of the objects below them. A value may
    be a function with the parameters `info` and the arguments of its field. Objects of
    abstract types have a `__typename`. `entities` are the types that other subgraphs
    refer to.
    """
    schema = executable_schema(sdl, [*(entities or {})])
    known = entities or {}

    def found(_: Any, representations: Sequence[JSONObject]) -> list[JSONObject | None]:
        return [_entity(each, known) for each in representations]

    root = {"_service": {"sdl": sdl}, "_entities": found, **data}

    async def respond(request: ServiceRequest) -> ServiceResponse:
        return ServiceResponse(execute(schema, request, root_value=root))

    return respond


def execute(
    schema: GraphQLSchema, request: ServiceRequest, **options: Any
) -> JSONObject:
    """Execute the operation of a request; `options` are those of graphql-core."""
    # A type checker cannot follow the parameters of graphql-core's executor.
    untyped: Any = graphql
    sent = request.json()
    result: JSONObject = untyped.execute_sync(
        schema,
        parse(sent["query"]),
        variable_values=sent.get("variables"),
        operation_name=sent.get("operationName"),
        **options,
    ).formatted
    return result


def entity_types(sdl: str) -> list[str]:
    """Return the object types of an SDL that have a `@key`."""
    types = (ObjectTypeDefinitionNode, ObjectTypeExtensionNode)
    found = [
        each.name.value
        for each in parse(sdl).definitions
        if isinstance(each, types)
        and any(directive.name.value == "key" for directive in each.directives or ())
    ]
    return list(dict.fromkeys(found))


def _entity(representation: JSONObject, entities: Entities) -> JSONObject | None:
    type_name = str(representation["__typename"])
    found = entities[type_name](representation)
    return None if found is None else {"__typename": type_name, **found}


def executable_schema(sdl: str, entities: Sequence[str]) -> GraphQLSchema:
    """Return the schema with the entry points of federation."""
    document = _defined(parse(sdl))
    entry = "extend type Query { _service: _Service! }"
    types = "scalar _Any type _Service { sdl: String! }"
    if entities:
        types += f" union _Entity = {' | '.join(entities)}"
        entry += (
            " extend type Query { _entities(representations: [_Any!]!): [_Entity]! }"
        )
    if not any(
        isinstance(each, ObjectTypeDefinitionNode) and each.name.value == "Query"
        for each in document.definitions
    ):
        entry = entry.replace("extend type Query", "type Query", 1)
    whole = concat_ast([document, parse(f"{types} {entry}")])
    # Directives of federation have no definitions here, and no effect.
    return build_ast_schema(parse(print_ast(whole)), assume_valid_sdl=True)


def _defined(document: DocumentNode) -> DocumentNode:
    """Return a document without `extend schema`, and with extended types defined."""
    defined = {
        each.name.value
        for each in document.definitions
        if isinstance(each, ObjectTypeDefinitionNode)
    }
    definitions: list[Any] = []
    for each in document.definitions:
        if isinstance(each, SchemaExtensionNode):
            continue
        if isinstance(each, ObjectTypeExtensionNode) and each.name.value not in defined:
            defined.add(each.name.value)
            definitions.append(
                ObjectTypeDefinitionNode(
                    name=each.name,
                    interfaces=each.interfaces,
                    directives=each.directives,
                    fields=each.fields,
                )
            )
        else:
            definitions.append(each)
    return DocumentNode(definitions=tuple(definitions))
