"""The endpoint that divides the requests of a route between several proxies."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.errors import WeirError
from weir.gateway.events import BackendFinished
from weir.gateway.routes.endpoints.proxy import ProxyEndpoint
from weir.gateway.routes.splitting.cohort import Cohort
from weir.gateway.routes.splitting.points import Points
from weir.gateway.routes.splitting.split import Split
from weir.gateway.routes.transformation.caching import limited_caching

_SWITCHING_PROTOCOLS: Final = 101


class SplitEndpoint(ProblemRenderer):
    """A proxy to one of several backends of the route `name`.

    The backend is the operation in the log, and has a metric. The first of the
    `cohorts` that includes a request decides in place of `split`. Requests with the
    same point get the same backend. Services get the name of the backend as
    X-Weir-Backend. Responses vary by the fields that points depend on, and that cohorts
    expect. They are private if a side depends on more of the client.
    """

    __slots__ = (
        "_backends",
        "_cohorts",
        "_is_personal",
        "_name",
        "_points",
        "_split",
        "_varies",
    )

    def __init__(
        self,
        name: str,
        split: Split,
        backends: Mapping[str, ProxyEndpoint],
        points: Points,
        *,
        cohorts: Sequence[Cohort] = (),
        development: bool = False,
    ) -> None:
        super().__init__(development=development)
        self._name = name
        self._split = split
        self._backends = backends
        self._points = points.of
        self._cohorts = tuple(cohorts)
        self._varies = sorted(
            points.varies.union(*(each.conditions.selecting for each in cohorts))
        )
        self._is_personal = points.personal or any(each.is_personal for each in cohorts)

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        point, fields = self._points(request.head, context)
        name = self._split_of(request, context).backend(point)
        label = (b"x-weir-backend", name.encode())
        labelled = context.forwarding((*context.forwarded, label))
        try:
            response = await self._backends[name].respond(request, labelled)
        except WeirError as error:
            self._finished(context, name, error.row.status)
            raise error.labelled(name) from error.__cause__
        if isinstance(response, Upgrade):
            self._finished(context, name, _SWITCHING_PROTOCOLS)
            return replace(response, headers=(*response.headers, *fields))
        self._finished(context, name, response.status)
        # The cookie is for one client.
        personal = self._is_personal or bool(fields)
        if personal or self._varies:
            own = limited_caching(response.headers, self._varies, personal=personal)
            response = replace(response, headers=(*own, *fields))
        return replace(response, operation=name)

    def _finished(self, context: RequestContext, backend: str, status: int) -> None:
        if receive := context.sink.receiver(BackendFinished):
            receive(
                BackendFinished(
                    request_id=context.request_id,
                    route=self._name,
                    backend=backend,
                    status=status,
                )
            )

    def _split_of(self, request: Request, context: RequestContext) -> Split:
        for each in self._cohorts:
            if each.includes(request.head, context.identity):
                return each.split
        return self._split
