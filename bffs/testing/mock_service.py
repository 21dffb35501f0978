"""A GraphQL service of a test whose values are made up from their types."""

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLType,
    GraphQLUnionType,
)

from weir.bffs.testing.graphql_service import (
    entity_types,
    executable_schema,
    execute,
)
from weir.bffs.testing.services import Service, ServiceRequest, ServiceResponse
from weir.gateway.json_types import JSONObject, is_object
from weir.resolvers.operation.wrappers import item_of, without_non_null

_ITEMS = 2
_SCALARS = {"Int": 1, "Float": 1.5, "Boolean": True, "ID": "1"}


def mock_service(sdl: str) -> Service:
    """Return a service that responds to each request that its SDL allows.

    A list has two items, a text is the name of its field, and an enum has its first
    value. The same request has the same response.
    """
    schema = executable_schema(sdl, entity_types(sdl))

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        if info.field_name == "_entities":
            representations: list[JSONObject] = arguments["representations"]
            return representations
        if info.field_name == "_service":
            return {"sdl": sdl}
        if is_object(source) and info.field_name in source:
            return source[info.field_name]
        return _value(info.return_type, info)

    async def respond(request: ServiceRequest) -> ServiceResponse:
        return ServiceResponse(execute(schema, request, field_resolver=resolve))

    return respond


def _value(type_: GraphQLType, info: Any) -> Any:
    inner, _ = without_non_null(type_)
    item = item_of(inner)
    if item is not None:
        return [_value(item, info)] * _ITEMS
    if isinstance(inner, GraphQLEnumType):
        return next(iter(inner.values))
    if isinstance(inner, GraphQLUnionType | GraphQLInterfaceType):
        first = info.schema.get_possible_types(inner)[0]
        return {"__typename": first.name}
    if isinstance(inner, GraphQLObjectType):
        return {"__typename": inner.name}
    return _SCALARS.get(str(inner), info.field_name)
