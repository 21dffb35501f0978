"""The last changes of a response, whatever made it: an endpoint, a refusal, a bug.

A finish returns the response to send. It must not depend on what came before: without
CORS headers on a 401 or 429, for example, a browser's page could not read these.
"""

from collections.abc import Callable
from typing import TypeAlias

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import Route
from weir.gateway.headers import Headers

Finish: TypeAlias = Callable[[RequestHead, Route, RequestContext, Response], Response]


def name_request(
    head: RequestHead,  # noqa: ARG001 - the signature of finishes
    route: Route,  # noqa: ARG001 - the signature of finishes
    context: RequestContext,
    response: Response,
) -> Response:
    """Add the id by which logs and services know the request."""
    return response.adding(request_id_field(context))


def request_id_field(context: RequestContext) -> Headers:
    """Return the field that names the request."""
    return ((b"x-request-id", context.request_id.encode()),)


FINISHES: tuple[Finish, ...] = (name_request,)
