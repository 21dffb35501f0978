"""A stored operation as a REST endpoint."""

from msgspec.structs import replace

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.http.accept import accepts_json
from weir.bffs.facades.rest.connection import Connection
from weir.bffs.facades.rest.invalid_values import invalid_values
from weir.bffs.facades.rest.parameters import Parameters
from weir.bffs.facades.rest.response import ResponseForm, rest_response
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.response_fields import root_names
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.errors import NotAcceptable, WeirError
from weir.gateway.identity.privacy import keep_private
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.errors import BadUserInput
from weir.resolvers.execute.result import ExecutionResult


class RestEndpoint(ProblemRenderer):
    """Runs one stored operation of a façade; errors are problem details."""

    __slots__ = ("_facade", "_form", "_guard", "_parameters", "_prepared", "_stored")

    def __init__(
        self,
        facade: Facade,
        stored: StoredOperation,
        binding: RestBinding,
        prepared: Prepared,
    ) -> None:
        super().__init__(
            development=facade.development, operation=stored.qualified_name
        )
        schema = facade.engine.schema
        self._facade = facade
        self._guard = facade.guards.get(stored.text)
        self._stored = stored
        self._prepared = prepared
        self._parameters = Parameters.of(stored, schema, facade.ignored)
        self._form = ResponseForm(
            operation=stored.qualified_name,
            reusable=not stored.mutates,
            unwraps=len(root_names(stored)) == 1,
            connection=Connection.of(stored, schema),
            status=binding.status,
            cache=binding.cache,
            vary=tuple(field.decode() for _, field, _ in self._parameters.fields),
        )

    async def respond(self, request: Request, context: RequestContext) -> Response:
        if not accepts_json(request.head.headers.get(b"accept", b"")):
            message = "The response is application/json."
            raise NotAcceptable(message)
        response = await self._response(request, context)
        if self._guard is None:
            return response
        return keep_private(request.head, context, response)

    async def _response(self, request: Request, context: RequestContext) -> Response:
        variables = self._parameters.read(request)
        try:
            result = await self._result(variables, context)
        except BadUserInput as error:
            raise invalid_values(error, self._parameters, request) from error
        try:
            return rest_response(result, self._form, request.head.query)
        except WeirError as error:
            response = self.render_error(error, context)
            return replace(
                response,
                headers=response.headers + error.response_headers,
                failures=result.failures,
            )

    async def _result(
        self, variables: JSONObject, context: RequestContext
    ) -> ExecutionResult:
        facade = self._facade
        if self._guard is not None:
            await self._guard.admit(self._prepared, variables, context)
        prepared = await facade.engine.prepare_again(
            self._prepared, self._stored.text, context, variables
        )
        return await facade.engine.execute(prepared, variables, facade.device, context)
