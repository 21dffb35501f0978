"""Fronts that need no façade: the path that nobody serves, and liveness."""

from gateway.context import RequestContext
from gateway.edge.exchange import ClientRequest, ClientResponse
from gateway.edge.front import NO_CLIENT
from gateway.edge.problem import ProblemRenderer
from gateway.errors import MethodNotAllowed, NotFound


class NotFoundFront(ProblemRenderer):
    """Answers 404 to everything; what `match` returns where nothing else fits."""

    __slots__ = ()

    client_type = NO_CLIENT

    async def handle(
        self,
        request: ClientRequest,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> ClientResponse:
        detail = f"Nothing is served at {request.path[:200]!r}."
        raise NotFound(detail)


class HealthFront(ProblemRenderer):
    """Answers GET /health on the data port: this process serves."""

    __slots__ = ()

    client_type = NO_CLIENT

    async def handle(
        self,
        request: ClientRequest,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> ClientResponse:
        if request.method not in {"GET", "HEAD"}:
            raise MethodNotAllowed(request.method, ("GET", "HEAD"))
        return ClientResponse(
            status=200,
            headers=((b"content-type", b"application/json"),),
            body=b'{"status":"ok"}',
            route="/health",
        )
