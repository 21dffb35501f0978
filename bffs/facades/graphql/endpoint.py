"""A façade as GraphQL: `{path}/graphql`."""

import orjson
from graphql import OperationType

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.graphql.protocol import (
    GraphQLRequest,
    MediaType,
    decode,
    negotiate,
    preferred,
)
from weir.bffs.facades.http.cache_headers import cache_fields
from weir.gateway.context import RequestContext
from weir.gateway.edge.exchange import ClientRequest, ClientResponse
from weir.gateway.errors import MethodNotAllowed, WeirError
from weir.resolvers.engine.engine import Prepared
from weir.resolvers.errors import BadUserInput
from weir.resolvers.execute.result import ExecutionResult
from weir.resolvers.json_types import JSONObject
from weir.resolvers.operation.errors import OperationRefused

_OK = 200
# RFC 9110 §12.5.5: the media type of each answer is chosen by it.
_NEGOTIATED = "Accept"


class GraphQLEndpoint:
    """Serves any operation of the façade's schema."""

    __slots__ = ("_facade",)

    def __init__(self, facade: Facade) -> None:
        self._facade = facade

    async def respond(
        self, request: ClientRequest, context: RequestContext
    ) -> ClientResponse:
        media_type = negotiate(context.client_headers.get(b"accept", b""))
        asked = decode(request)
        try:
            prepared = await self._facade.engine.prepare(
                asked.query, asked.operation_name, context
            )
            _refuse_changes(request, asked, prepared)
            result = await self._facade.run(prepared, asked.variables, context)
        except (OperationRefused, BadUserInput) as error:
            return self._refusal(error, media_type)
        return self._answer(result, prepared, media_type)

    def _answer(
        self, result: ExecutionResult, prepared: Prepared, media_type: MediaType
    ) -> ClientResponse:
        # GraphQL section 7.1: no `errors` where there are none.
        body: JSONObject = {"data": result.data}
        if result.errors:
            body["errors"] = result.errors
        headers = (
            (b"content-type", media_type.content_type),
            (b"vary", ", ".join((_NEGOTIATED, *result.vary)).encode()),
        )
        reusable = prepared.kind is OperationType.QUERY
        return ClientResponse(
            status=_OK,
            headers=headers
            + cache_fields(result, reusable=reusable, has_validator=False),
            body=orjson.dumps(body),
        )

    def _refusal(
        self, error: OperationRefused | BadUserInput, media_type: MediaType
    ) -> ClientResponse:
        # GraphQL over HTTP: application/json answers 200 to every well-formed request.
        legacy = media_type is MediaType.JSON
        errors = (
            error.errors
            if isinstance(error, OperationRefused)
            else tuple(_error(problem.message, error) for problem in error.problems)
        )
        return self._errors(
            errors, _OK if legacy else error.row.status, media_type, error.code
        )

    def render_error(self, error: WeirError, context: RequestContext) -> ClientResponse:
        """Render as a GraphQL answer without data; the status tells as well."""
        text = error.public_detail(development=self._facade.development)
        media_type = preferred(context.client_headers.get(b"accept", b""))
        return self._errors(
            (_error(text, error),),
            error.row.status,
            media_type or MediaType.RESPONSE,
            error.code,
        )

    def _errors(
        self,
        errors: tuple[JSONObject, ...],
        status: int,
        media_type: MediaType,
        code: str,
    ) -> ClientResponse:
        return ClientResponse(
            status=status,
            headers=(
                (b"content-type", media_type.content_type),
                (b"cache-control", b"no-store"),
                (b"vary", _NEGOTIATED.encode()),
            ),
            body=orjson.dumps({"errors": errors}),
            error_code=code,
        )


def _error(message: str, error: WeirError) -> JSONObject:
    return {"message": message, "extensions": {"code": error.code}}


def _refuse_changes(
    request: ClientRequest, asked: GraphQLRequest, prepared: Prepared
) -> None:
    # RFC 9110 section 9.2.1: GET is safe, so that links and crawlers change nothing.
    if asked.read_only and prepared.kind is not OperationType.QUERY:
        raise MethodNotAllowed(request.method, ("POST",))
