"""Endpoints that need no façade: health, OPTIONS, and paths that are not served."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.edge.problem import ProblemRenderer
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import NO_CLIENT, ErrorRenderer, RoutePolicy, Streamed
from weir.gateway.errors import BadRequest, NotFound, WeirError

Refusal: TypeAlias = Callable[[Request], WeirError]

_SHOWN = 200
"""Characters of a path that an error repeats."""


def builtin_policy(client_type: str = NO_CLIENT) -> RoutePolicy:
    """Return the policy of endpoints that do no work and read no body.

    They respond in an overload as well: a gateway that is busy must not be restarted
    because its health check fails.
    """
    return RoutePolicy(client_type=client_type, body=Streamed(), admission=False)


class RefusingEndpoint:
    """Refuses every request with `refusal`, rendered by `errors`."""

    __slots__ = ("_errors", "_refusal")

    def __init__(self, refusal: Refusal, errors: ErrorRenderer) -> None:
        self._refusal = refusal
        self._errors = errors

    async def respond(
        self,
        request: Request,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        raise self._refusal(request)

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        # The error does not belong to an operation of the renderer's.
        return replace(self._errors.render_error(error, context), operation="")


def not_found(request: Request) -> NotFound:
    """Return the error of a path that is not served."""
    return NotFound(f"Nothing is served at {request.head.path[:_SHOWN]!r}.")


def malformed_path(request: Request) -> BadRequest:
    """Return the error of a path that cannot be decoded."""
    return BadRequest(
        f"The path {request.head.path[:_SHOWN]!r} is malformed: it must begin with"
        ' "/", and two hexadecimal digits must follow each "%".'
    )


class AllowedMethods(ProblemRenderer):
    """Responds to OPTIONS with the methods of a path (RFC 9110 §9.3.7)."""

    __slots__ = ("_headers",)

    def __init__(self, methods: tuple[str, ...]) -> None:
        super().__init__()
        allow = ", ".join(methods).encode()
        self._headers = ((b"allow", allow),) if methods else ()

    async def respond(
        self,
        request: Request,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        return Response(status=204, headers=self._headers, body=b"")


class HealthEndpoint(ProblemRenderer):
    """Responds to GET /health on the data port: this process serves."""

    __slots__ = ()

    async def respond(
        self,
        request: Request,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        return Response(
            status=200,
            headers=(
                (b"content-type", b"application/json"),
                (b"cache-control", b"no-store"),
            ),
            body=b'{"status":"ok"}',
        )
