"""The endpoint that passes each request on to that of its version of an API."""

from collections.abc import Mapping

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import Endpoint
from weir.gateway.routes.versions.versions import ApiVersions


class VersionsEndpoint(ProblemRenderer):
    """The endpoints of `versions`, by the names of these."""

    __slots__ = ("_endpoints", "_versions")

    def __init__(
        self,
        versions: ApiVersions,
        endpoints: Mapping[str, Endpoint],
        *,
        development: bool = False,
    ) -> None:
        super().__init__(development=development)
        self._versions = versions
        self._endpoints = endpoints

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        """Return the response of the version; raise UnknownApiVersion."""
        version = self._versions.of(request.head)
        return await self._endpoints[version.name].respond(request, context)
