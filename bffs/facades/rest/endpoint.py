"""A stored operation as a REST endpoint."""

from msgspec.structs import replace

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.rest.parameters import Parameters
from weir.bffs.facades.rest.response import rest_response
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.root_names import root_names
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.errors import WeirError
from weir.gateway.identity.privacy import keep_private
from weir.resolvers.engine.known_operation import Prepared


class RestEndpoint(ProblemRenderer):
    """Runs one stored operation of a façade; errors are problem details."""

    __slots__ = ("_facade", "_guard", "_parameters", "_prepared", "_stored", "_unwraps")

    def __init__(
        self, facade: Facade, stored: StoredOperation, prepared: Prepared
    ) -> None:
        super().__init__(development=facade.development, operation=stored.name)
        self._facade = facade
        self._guard = facade.guards.get(stored.text)
        self._stored = stored
        self._prepared = prepared
        self._unwraps = len(root_names(stored)) == 1
        self._parameters = Parameters.of(
            stored.definition, facade.engine.schema, facade.ignored
        )

    async def respond(self, request: Request, context: RequestContext) -> Response:
        response = await self._response(request, context)
        if self._guard is None:
            return response
        return keep_private(request.head, context, response)

    async def _response(self, request: Request, context: RequestContext) -> Response:
        facade = self._facade
        variables = self._parameters.read(request)
        if self._guard is not None:
            await self._guard.admit(self._prepared, variables, context)
        prepared = await facade.engine.prepare_again(
            self._prepared, self._stored.text, context, variables
        )
        result = await facade.engine.execute(
            prepared, variables, facade.device, context
        )
        try:
            return rest_response(result, self._stored, unwraps=self._unwraps)
        except WeirError as error:
            response = self.render_error(error, context)
            return replace(
                response,
                headers=response.headers + error.response_headers,
                failures=result.failures,
            )
