"""The endpoint that passes requests on to other backends if the first ones fail."""

from collections.abc import AsyncIterator, Sequence

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request, RequestBody
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import Endpoint
from weir.gateway.routes.endpoints.messages.complete_body import CompleteBody
from weir.gateway.routes.endpoints.messages.wrapped_body import WrappedBody
from weir.gateway.routes.endpoints.proxy import SAFE
from weir.gateway.transport.errors import UpstreamError, UpstreamRateLimited


class FailoverEndpoint(ProblemRenderer):
    """Endpoints in the order in which they are tried.

    The next one gets a request if there is no response. That is the case if nothing of
    the request was sent, or if its method is safe and its body can be sent again. A
    request beyond a rate limit is rejected.
    """

    __slots__ = ("_endpoints", "_max_body_bytes")

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        max_body_bytes: int,
        *,
        development: bool = False,
    ) -> None:
        super().__init__(development=development)
        self._endpoints = tuple(endpoints)
        self._max_body_bytes = max_body_bytes

    async def respond(
        self, request: Request, context: RequestContext
    ) -> Response | Upgrade:
        body = request.stream
        if body.complete:
            content = await body.read(self._max_body_bytes) if body.received else b""
            again = _Repeated(CompleteBody(content, body), is_repeatable=True)
        else:
            again = _Repeated(body, is_repeatable=False)
        request = replace(request, stream=again)
        *first, last = self._endpoints
        for endpoint in first:
            try:
                return await endpoint.respond(request, context)
            except UpstreamRateLimited:
                raise  # the limit of a client also holds if there are other backends
            except UpstreamError as error:
                safe = error.nothing_sent or request.head.method in SAFE
                if not (safe and again.is_repeatable):
                    raise
        return await last.respond(request, context)


class _Repeated(WrappedBody):
    """A body that is known to be unread, or that can be read several times."""

    __slots__ = ("_is_read", "_is_whole")

    def __init__(self, body: RequestBody, *, is_repeatable: bool) -> None:
        super().__init__(body)
        self._is_whole = is_repeatable
        self._is_read = False

    @property
    def is_repeatable(self) -> bool:
        return self._is_whole or not self._is_read

    async def read(self, limit: int) -> bytes:
        self._is_read = True
        return await self._body.read(limit)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._is_read = True
        async for part in self._body:
            yield part
