"""A façade as REST: its stored operations at their endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bffs.errors import InvalidParameter
from bffs.facade import Facade
from bffs.json_body import require_json
from bffs.parameters import Parameters, parameters_of
from bffs.rest_response import rest_response
from bffs.rest_routes import RestMatch, RestRoutes
from gateway.context import RequestContext
from gateway.edge.exchange import ClientRequest, ClientResponse
from gateway.edge.plain import nothing_at
from gateway.edge.problem import ProblemRenderer
from gateway.errors import MethodNotAllowed, NotFound, WeirError
from resolvers.engine import Prepared
from resolvers.json_types import JSONObject

_BODILESS = frozenset({"GET", "HEAD", "DELETE"})


@dataclass(frozen=True, slots=True)
class _Endpoint:
    prepared: Prepared
    parameters: Parameters


class RestFront(ProblemRenderer):
    """Serves the endpoints of one façade; errors are problem details."""

    __slots__ = ("_endpoints", "_facade", "_routes")

    def __init__(self, facade: Facade) -> None:
        super().__init__(development=facade.development)
        self._facade = facade
        self._routes = RestRoutes(
            facade.path, [operation for operation, _ in facade.stored]
        )
        self._endpoints: Mapping[str, _Endpoint] = {
            operation.name: _Endpoint(
                prepared, parameters_of(operation, facade.engine.schema)
            )
            for operation, prepared in facade.stored
        }

    @property
    def client_type(self) -> str:
        return self._facade.name

    async def handle(
        self, request: ClientRequest, context: RequestContext
    ) -> ClientResponse:
        found = self._match(request)
        try:
            return await self._answer(request, found, context)
        except WeirError as error:
            # Only here is it known which endpoint the error belongs to.
            response = self.render_error(error, context)
            return replace(
                response,
                headers=response.headers + error.response_headers,
                route=self._route(found),
                operation=found.operation.name,
            )

    async def _answer(
        self, request: ClientRequest, found: RestMatch, context: RequestContext
    ) -> ClientResponse:
        endpoint = self._endpoints[found.operation.name]
        variables = _variables(request, found, endpoint.parameters)
        prepared = await self._facade.engine.prepare_again(
            endpoint.prepared, found.operation.text, context
        )
        result = await self._facade.run(prepared, variables, context)
        return rest_response(
            result, route=self._route(found), operation=found.operation
        )

    def _route(self, found: RestMatch) -> str:
        return f"{self._facade.path}{found.binding.path}"

    def _match(self, request: ClientRequest) -> RestMatch:
        found = self._routes.match(request.method, request.path)
        if found is not None:
            return found
        if methods := self._routes.methods(request.path):
            raise MethodNotAllowed(request.method, methods)
        raise NotFound(nothing_at(request.path))


def _variables(
    request: ClientRequest, found: RestMatch, parameters: Parameters
) -> JSONObject:
    """Gather the parameters of path, query and body; none may be given twice."""
    sources = [
        parameters.from_path(found.path_parameters),
        parameters.from_query(request.query),
    ]
    if request.method not in _BODILESS and request.body:
        require_json(request)
        sources.append(parameters.from_body(request.body))
    variables: JSONObject = {}
    for source in sources:
        for name, value in source.items():
            if name in variables:
                message = f'The parameter "{name}" is given in two places.'
                raise InvalidParameter(message)
            variables[name] = value
    return variables
