"""A stored operation as a REST endpoint."""

from functools import partial

from msgspec.structs import replace

from weir.bffs.facades.facade import Facade
from weir.bffs.facades.http.accept import accepts_json
from weir.bffs.facades.http.shared_queries import Executed, SharedQueries
from weir.bffs.facades.operation_use import report_use
from weir.bffs.facades.rest.connection import Connection
from weir.bffs.facades.rest.invalid_values import invalid_values
from weir.bffs.facades.rest.offset_pages import OffsetPages
from weir.bffs.facades.rest.omitted_nulls import NOTHING_OMITTED
from weir.bffs.facades.rest.parameters import Parameters
from weir.bffs.facades.rest.response import ResponseForm, rest_response
from weir.bffs.facades.stored.operation import StoredOperation
from weir.bffs.facades.stored.response_fields import root_names
from weir.bffs.facades.stored.rest_directive import RestBinding
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.responses.rendering import rendered
from weir.gateway.errors import NotAcceptable, WeirError
from weir.gateway.identity.privacy import keep_private
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.errors import BadUserInput


class RestEndpoint(ProblemRenderer):
    """Runs one stored operation of a façade; errors are problem details."""

    __slots__ = (
        "_facade",
        "_form",
        "_guard",
        "_parameters",
        "_prepared",
        "_shared",
        "_stored",
    )

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
        shares = facade.shared and self._guard is None and not stored.mutates
        self._shared = SharedQueries(facade) if shares else None
        self._form = ResponseForm(
            operation=stored.qualified_name,
            reusable=not stored.mutates,
            unwraps=len(root_names(stored)) == 1,
            connection=Connection.of(stored, schema),
            pages=OffsetPages.of(stored, binding),
            status=binding.status,
            cache=binding.cache,
            vary=tuple(field.decode() for _, field, _ in self._parameters.fields),
            omitted=facade.nulls.of(stored) if facade.nulls else NOTHING_OMITTED,
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
        variables, head = self._parameters.read(request), request.head
        try:
            prepared = await self._admitted(variables, context)
            stored = self._stored
            report_use(stored.qualified_name, stored.text, context, stored=True)
            execute = partial(self._execute, prepared, variables, request, context)
            if self._shared is None:
                response, _ = await execute()
                return response
            fields = [head.headers.get(name) for _, name, _ in self._parameters.fields]
            key = head.method, head.path, head.query, request.body, tuple(fields)
            return await self._shared.respond(key, prepared, context, execute)
        except BadUserInput as error:
            raise invalid_values(error, self._parameters, request) from error

    async def _admitted(
        self, variables: JSONObject, context: RequestContext
    ) -> Prepared:
        """Return the operation for a request that may run it."""
        if self._guard is not None:
            await self._guard.admit(self._prepared, variables, context)
        if (limits := self._facade.operation_limits) is not None:
            waiting = limits.take(self._stored.qualified_name, context)
            if waiting is not None:
                await waiting
        return await self._facade.engine.prepare_again(
            self._prepared, self._stored.text, context, variables
        )

    async def _execute(
        self,
        prepared: Prepared,
        variables: JSONObject,
        request: Request,
        context: RequestContext,
    ) -> Executed:
        """Execute the operation; raises the errors of `Engine.execute`."""
        facade = self._facade
        result = await facade.engine.execute(
            prepared, variables, facade.device, context
        )
        try:
            return rest_response(result, self._form, request.head.query), result
        except WeirError as error:
            response = rendered(error, self, context)
            failed = replace(response, failures=result.failures)
            # An error names its request.
            return failed, replace(result, completed=False)
