"""A stored operation as a REST endpoint."""

from dataclasses import replace

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.rest.parameters import Parameters
from weir.bffs.facades.rest.response import rest_response
from weir.bffs.facades.stored_operations import StoredOperation
from weir.gateway.context import RequestContext
from weir.gateway.edge.problem import ProblemRenderer
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.errors import WeirError
from weir.resolvers.engine.known_operation import Prepared


class RestEndpoint(ProblemRenderer):
    """Runs one stored operation of a façade; errors are problem details."""

    __slots__ = ("_facade", "_parameters", "_prepared", "_stored")

    def __init__(
        self, facade: Facade, stored: StoredOperation, prepared: Prepared
    ) -> None:
        super().__init__(development=facade.development, operation=stored.name)
        self._facade = facade
        self._stored = stored
        self._prepared = prepared
        self._parameters = Parameters.of(stored.definition, facade.engine.schema)

    async def respond(self, request: Request, context: RequestContext) -> Response:
        variables = self._parameters.read(request)
        prepared = await self._facade.engine.prepare_again(
            self._prepared, self._stored.text, context, variables
        )
        facade = self._facade
        result = await facade.engine.execute(
            prepared, variables, facade.device, context
        )
        try:
            return rest_response(result, self._stored)
        except WeirError as error:
            response = self.render_error(error, context)
            return replace(
                response,
                headers=response.headers + error.response_headers,
                failures=result.failures,
            )
