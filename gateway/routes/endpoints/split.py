"""The endpoint that divides the requests of a route between several proxies."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from random import Random

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.headers import Headers
from weir.gateway.limits.key import Caller, LimitKey
from weir.gateway.routes.endpoints.proxy import ProxyEndpoint
from weir.gateway.routes.splitting.cohort import Cohort
from weir.gateway.routes.splitting.split import Split, point_of
from weir.gateway.routes.splitting.sticky_cookie import StickyCookie
from weir.gateway.routes.transformation.caching import limited_caching


class SplitEndpoint(ProblemRenderer):
    """A proxy to one of several backends, which is the operation in telemetry.

    The first of the `cohorts` that includes a request decides in place of `split`.
    Callers with the same `sticky` key or cookie get the same backend. Without it, each
    request is decided by itself. Services get the name of the backend as
    X-Weir-Backend.
    """

    __slots__ = ("_backends", "_cohorts", "_rng", "_salt", "_split", "_sticky")

    def __init__(
        self,
        name: str,
        split: Split,
        backends: Mapping[str, ProxyEndpoint],
        *,
        cohorts: Sequence[Cohort] = (),
        sticky: LimitKey | StickyCookie | None,
        rng: Random,
        development: bool = False,
    ) -> None:
        super().__init__(development=development)
        self._split = split
        self._cohorts = tuple(cohorts)
        self._backends = backends
        self._sticky = sticky
        self._rng = rng
        self._salt = blake2b(name.encode(), digest_size=16).digest()

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        point, fields = self._point(request, context)
        name = self._split_of(request, context).backend(point)
        label = (b"x-weir-backend", name.encode())
        labelled = context.forwarding((*context.forwarded, label))
        response = await self._backends[name].respond(request, labelled)
        if isinstance(response, Upgrade):
            return replace(response, headers=(*response.headers, *fields))
        if fields:
            # The cookie is for one client.
            own = limited_caching(response.headers, (), personal=True)
            response = replace(response, headers=(*own, *fields))
        return replace(response, operation=name)

    def _split_of(self, request: Request, context: RequestContext) -> Split:
        for each in self._cohorts:
            if each.includes(request.head, context.identity):
                return each.split
        return self._split

    def _point(
        self, request: Request, context: RequestContext
    ) -> tuple[float, Headers]:
        """Return the point of a request, and the fields for its client."""
        match self._sticky:
            case None:
                return self._rng.random(), ()
            case LimitKey() as key:
                headers = request.head.headers
                caller = Caller(context.client_address, headers, context.identity)
                return point_of(key.digest(caller), self._salt), ()
            case StickyCookie() as cookie:
                if (number := cookie.of(request.head)) is not None:
                    return point_of(number, self._salt), ()
                secure = (b"x-forwarded-proto", b"https") in context.forwarded
                number, field = cookie.issued(secure=secure)
                return point_of(number, self._salt), (field,)
