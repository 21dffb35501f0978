"""The endpoint that divides the requests of a route between several proxies."""

from collections.abc import Mapping
from hashlib import blake2b
from random import Random

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.limits.key import Caller, LimitKey
from weir.gateway.routes.endpoints.proxy import ProxyEndpoint
from weir.gateway.routes.split import Split, point_of


class SplitEndpoint(ProblemRenderer):
    """A proxy to one of several backends, which is the operation in telemetry.

    Callers with the same `key` get the same backend. Without a key, each request is
    decided by itself. Services get the name of the backend as X-Weir-Backend.
    """

    __slots__ = ("_backends", "_key", "_rng", "_salt", "_split")

    def __init__(
        self,
        name: str,
        split: Split,
        backends: Mapping[str, ProxyEndpoint],
        *,
        key: LimitKey | None,
        rng: Random,
        development: bool = False,
    ) -> None:
        super().__init__(development=development)
        self._split = split
        self._backends = backends
        self._key = key
        self._rng = rng
        self._salt = blake2b(name.encode(), digest_size=16).digest()

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        name = self._split.backend(self._point(request, context))
        label = (b"x-weir-backend", name.encode())
        labelled = context.forwarding((*context.forwarded, label))
        response = await self._backends[name].respond(request, labelled)
        if isinstance(response, Upgrade):
            return response
        return replace(response, operation=name)

    def _point(self, request: Request, context: RequestContext) -> float:
        if self._key is None:
            return self._rng.random()
        caller = Caller(context.client_address, request.head.headers, context.identity)
        return point_of(self._key.digest(caller), self._salt)
