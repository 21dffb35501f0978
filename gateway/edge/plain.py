"""Endpoints that need no façade: health, OPTIONS, and paths that are not served."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.edge.exchange import ClientRequest, ClientResponse
from weir.gateway.edge.problem import ProblemRenderer
from weir.gateway.edge.route import ErrorRenderer
from weir.gateway.errors import BadRequest, NotFound, WeirError

Refusal: TypeAlias = Callable[[ClientRequest], WeirError]

_SHOWN = 200
"""Characters of a path that an error repeats."""


class RefusingEndpoint:
    """Refuses every request with `refusal`, rendered by `errors`."""

    __slots__ = ("_errors", "_refusal")

    def __init__(self, refusal: Refusal, errors: ErrorRenderer) -> None:
        self._refusal = refusal
        self._errors = errors

    async def respond(
        self,
        request: ClientRequest,
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> ClientResponse:
        raise self._refusal(request)

    def render_error(self, error: WeirError, context: RequestContext) -> ClientResponse:
        # The error does not belong to an operation of the renderer's.
        return replace(self._errors.render_error(error, context), operation="")


def not_found(request: ClientRequest) -> NotFound:
    """Return the error of a path that is not served."""
    return NotFound(f"Nothing is served at {request.path[:_SHOWN]!r}.")


def malformed_path(request: ClientRequest) -> BadRequest:
    """Return the error of a path that cannot be decoded."""
    return BadRequest(
        f"The path {request.path[:_SHOWN]!r} is malformed: it must begin with"
        ' "/", and two hexadecimal digits must follow each "%".'
    )


class AllowedMethods(ProblemRenderer):
    """Responds to OPTIONS with the methods of a path (RFC 9110 section 9.3.7)."""

    __slots__ = ("_allow",)

    def __init__(self, methods: tuple[str, ...]) -> None:
        super().__init__()
        self._allow = ", ".join(methods).encode()

    async def respond(
        self,
        request: ClientRequest,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> ClientResponse:
        return ClientResponse(status=204, headers=((b"allow", self._allow),), body=b"")


class HealthEndpoint(ProblemRenderer):
    """Responds to GET /health on the data port: this process serves."""

    __slots__ = ()

    async def respond(
        self,
        request: ClientRequest,  # noqa: ARG002 - the seam's signature
        context: RequestContext,  # noqa: ARG002 - the seam's signature
    ) -> ClientResponse:
        return ClientResponse(
            status=200,
            headers=(
                (b"content-type", b"application/json"),
                (b"cache-control", b"no-store"),
            ),
            body=b'{"status":"ok"}',
        )
