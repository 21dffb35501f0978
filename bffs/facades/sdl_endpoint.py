"""The schema of a façade in SDL, where introspection is allowed: `schema.graphql`."""

from functools import partial

from graphql import GraphQLSchema, print_schema

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.http.lazy_response import LazyResponse
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.entity_tag import etag
from weir.gateway.edge.responses.problem import ProblemRenderer


class SdlEndpoint(ProblemRenderer):
    """The schema in SDL, printed for the first request."""

    __slots__ = ("_response",)

    def __init__(self, facade: Facade) -> None:
        super().__init__(development=facade.development)
        self._response = LazyResponse(partial(_sdl, facade.engine.schema))

    async def respond(
        self,
        request: Request,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        return await self._response.get()


def _sdl(schema: GraphQLSchema) -> Response:
    body = f"{print_schema(schema)}\n".encode()
    return Response(
        status=200,
        headers=(
            (b"content-type", b"application/graphql; charset=utf-8"),
            (b"cache-control", b"no-cache"),
            (b"etag", etag(body)),
        ),
        body=body,
    )
