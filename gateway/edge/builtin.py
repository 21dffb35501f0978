"""Endpoints without a service: fixed responses, and paths without an endpoint."""

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import NO_CLIENT, ErrorRenderer, RoutePolicy, Streamed
from weir.gateway.errors import BadRequest, NotFound, WeirError

Rejection: TypeAlias = Callable[[Request], WeirError]

_SHOWN: Final = 200
"""The number of characters of a path that an error shows."""


def builtin_policy(client_type: str = NO_CLIENT) -> RoutePolicy:
    """Return the policy of endpoints that do no work and read no body.

    They also respond under overload: a busy gateway must not be restarted because of a
    failed health check.
    """
    return RoutePolicy(client_type=client_type, body=Streamed(), admission=False)


class RejectingEndpoint:
    """An endpoint that rejects each request with `rejection`, rendered by `errors`."""

    __slots__ = ("_errors", "_rejection")

    def __init__(self, rejection: Rejection, errors: ErrorRenderer) -> None:
        self._rejection = rejection
        self._errors = errors

    async def respond(
        self,
        request: Request,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        raise self._rejection(request)

    def render_error(self, error: WeirError, context: RequestContext) -> Response:
        # The error does not belong to an operation of the renderer.
        return replace(self._errors.render_error(error, context), operation="")


def not_found(request: Request) -> NotFound:
    """Return the error of a path without an endpoint."""
    return NotFound(f"There is no endpoint at {request.head.path[:_SHOWN]!r}.")


def malformed_path(request: Request) -> BadRequest:
    """Return the error of a path that cannot be decoded."""
    return BadRequest(
        f"The path {request.head.path[:_SHOWN]!r} is malformed: it must begin with"
        ' "/", and two hexadecimal digits must follow each "%".'
    )


def ambiguous_path(request: Request) -> BadRequest:
    """Return the error of a path that a service may read as one of another route."""
    return BadRequest(
        f"The path {request.head.path[:_SHOWN]!r} could be read as one of another"
        ' route: it has "//", ";", a backslash, or an encoded "/" or "%".'
    )


class FixedEndpoint(ProblemRenderer):
    """An endpoint with the same response to every request."""

    __slots__ = ("_response",)

    def __init__(self, response: Response) -> None:
        super().__init__()
        self._response = response

    async def respond(
        self,
        request: Request,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> Response:
        return self._response


HEALTH_ENDPOINT: Final = FixedEndpoint(
    Response(
        status=200,
        headers=(
            (b"content-type", b"application/json"),
            (b"cache-control", b"no-store"),
        ),
        body=b'{"status":"ok"}',
    )
)
"""The endpoint of GET /health on the data port: the process is serving."""


def allowed_methods(methods: tuple[str, ...]) -> FixedEndpoint:
    """Return the endpoint of OPTIONS, which lists the methods (RFC 9110 §9.3.7)."""
    allow = ((b"allow", ", ".join(methods).encode()),) if methods else ()
    return FixedEndpoint(Response(status=204, headers=allow, body=b""))
