"""Façades in memory: their stored operations, and requests by their routes."""

from collections.abc import Mapping

from graphql import (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    parse,
)
from msgspec import structs

from tests.support.calls import request_context
from tests.support.memory_exchange import buffered_request, request_head
from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.model.position import Position
from weir.bffs.facades.facade import Facade
from weir.bffs.facades.stored.directives import plain_operation
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.param_directive import read_parameters
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.bffs.generations.route_table import route_table
from weir.gateway.context import ANONYMOUS, Identity
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import RoutePolicy
from weir.gateway.errors import WeirError
from weir.gateway.routes.matching.template import parse_template
from weir.gateway.routes.table import RouteTable

DOCUMENT = ConfigDocument("weir.yaml", {}, {})


def binding(method: str, path: str) -> RestBinding:
    return RestBinding(method, parse_template(path), Position(1, 1))


def stored_operation(text: str, *bindings: RestBinding) -> StoredOperation:
    declared, *others = parse(text).definitions
    assert isinstance(declared, OperationDefinitionNode)
    assert declared.name is not None
    definition = plain_operation(declared)
    return StoredOperation(
        name=declared.name.value,
        ids=(declared.name.value,),
        text=text,
        definition=definition,
        bindings=bindings,
        parameters=read_parameters(declared, bindings),
        fragments=tuple(
            each for each in others if isinstance(each, FragmentDefinitionNode)
        ),
        file=f"{declared.name.value}.graphql",
    )


def routes_of(*facades: Facade) -> RouteTable:
    return route_table(facades, DOCUMENT, RoutePolicy(), {})


async def send(
    routes: RouteTable,
    method: str,
    target: str,
    *,
    headers: Mapping[bytes, bytes] | None = None,
    body: bytes = b"",
    identity: Identity = ANONYMOUS,
) -> Response:
    """The response of the route of `target`; errors are rendered as by the edge."""
    path, _, query = target.partition("?")
    sent = headers or {}
    head = request_head(path, method=method, headers=sent.items(), query=query)
    match = routes.route(head)
    request = structs.replace(
        buffered_request(head, body), path_parameters=match.path_parameters
    )
    context = structs.replace(request_context(), client_headers=sent, identity=identity)
    endpoint = match.route.endpoint
    try:
        response = await endpoint.respond(request, context)
    except WeirError as error:
        response = endpoint.render_error(error, context)
        return structs.replace(
            response, headers=response.headers + error.response_headers
        )
    assert isinstance(response, Response)
    return response
