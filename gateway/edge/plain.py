"""Answers that need no façade: the path that nobody serves, liveness, OPTIONS."""

from gateway.context import RequestContext
from gateway.edge.exchange import ClientRequest, ClientResponse
from gateway.edge.front import NO_CLIENT
from gateway.edge.problem import ProblemRenderer
from gateway.errors import MethodNotAllowed, NotFound


def allowed_methods(refusal: MethodNotAllowed) -> ClientResponse:
    """Answer OPTIONS (RFC 9110 §9.3.7): what a front refuses it by is what it takes."""
    return ClientResponse(status=204, headers=refusal.response_headers, body=b"")


def nothing_at(path: str) -> str:
    """Say that nothing is served at `path`, in a sentence of bounded length."""
    return f"Nothing is served at {path[:200]!r}."


class NotFoundFront(ProblemRenderer):
    """Answers 404 to everything; what `match` returns where nothing else fits."""

    __slots__ = ()

    client_type = NO_CLIENT

    async def handle(
        self,
        request: ClientRequest,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> ClientResponse:
        raise NotFound(nothing_at(request.path))


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
            raise MethodNotAllowed(request.method, ("GET", "HEAD", "OPTIONS"))
        return ClientResponse(
            status=200,
            headers=(
                (b"content-type", b"application/json"),
                (b"cache-control", b"no-store"),
            ),
            body=b'{"status":"ok"}',
            route="/health",
        )
