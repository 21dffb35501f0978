"""The first checks of a request, on its head alone.

A guard returns None to let a request pass. It returns a response, or raises a
`WeirError`, to end it. Guards are synchronous and run before any other work on the
request.
"""

from collections.abc import Callable
from typing import TypeAlias

from weir.gateway.edge.client_address import Origin, is_host
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.route import Route
from weir.gateway.errors import BadRequest

Guard: TypeAlias = Callable[[RequestHead, Origin, Route], Response | None]


def require_host(
    head: RequestHead,
    origin: Origin,  # noqa: ARG001 - the signature of guards
    route: Route,  # noqa: ARG001 - the signature of guards
) -> None:
    """Raise BadRequest unless there is exactly one valid Host field.

    RFC 9112 §3.2: "A server MUST respond with a 400 (Bad Request) status code to
    any HTTP/1.1 request message that lacks a Host header field and to any request
    message that contains more than one Host header field line or a Host header field
    with an invalid field value."
    """
    host = head.headers.get(b"host")
    if host is None:
        if head.http_version == "1.1":
            detail = "The Host header is missing."
            raise BadRequest(detail)
    elif not is_host(host):
        detail = "The Host header is not a single host name."
        raise BadRequest(detail)


GUARDS: tuple[Guard, ...] = (require_host,)
