"""Responses for errors, bugs included."""

import logging

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.problem import ProblemRenderer
from weir.gateway.edge.route import ErrorRenderer
from weir.gateway.errors import InternalError, WeirError

_LOG = logging.getLogger("weir.edge")


def bug(error: Exception, context: RequestContext) -> InternalError:
    """Log an unexpected exception; return the error to send to the client."""
    _LOG.error(
        "request %s failed",
        context.request_id,
        exc_info=error,
        extra=context.trace.log_fields(),
    )
    shown = InternalError(f"{type(error).__name__}: {error}")
    shown.__cause__ = error
    return shown


def rendered(
    error: Exception, renderer: ErrorRenderer, context: RequestContext
) -> Response:
    """Return the response of the renderer for an error, without frames; never raise."""
    if not isinstance(error, WeirError):
        error = bug(error, context)
    try:
        response = renderer.render_error(error, context)
    except Exception as failure:  # noqa: BLE001 - a renderer must not raise; its bug is hidden from the client
        shown = bug(failure, context)
        response = ProblemRenderer().render_error(shown, context)
    error.without_frames()
    return replace(
        response,
        headers=response.headers + error.response_headers,
        error_code=response.error_code or error.code,
        operation=response.operation or error.operation,
        closes=error.closes_connection,
    )
