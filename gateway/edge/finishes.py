"""The last changes of every response, errors included.

A finish returns the response to send. It must not depend on the step that made the
response: without CORS headers on a 401 or 429, for example, a page in a browser could
not read the error.
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
    """Add the request id, which the log and the services get as well."""
    return response.adding(request_id_field(context))


def request_id_field(context: RequestContext) -> Headers:
    """Return the header field with the request id."""
    return ((b"x-request-id", context.request_id.encode()),)


FINISHES: tuple[Finish, ...] = (name_request,)
