"""The steps that a route adds to the pipeline: plain functions, in their order.

A guard sees the head of a request, a check its context as well. Both return None to let
the request pass. To end it, they return a response or raise a `WeirError`. If they have
to wait, for a key or a shared counter, they return a coroutine with that outcome.

A finish returns the response to send. It must not depend on the step that made the
response: without CORS headers on a 401 or 429, for example, a page in a browser could
not read the error.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from msgspec.structs import replace

from weir.gateway.context import RequestContext
from weir.gateway.edge.access import Access
from weir.gateway.edge.origin import Origin, is_host
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.returned_fields import merged
from weir.gateway.errors import BadRequest
from weir.gateway.headers import Headers

Waiting: TypeAlias = Coroutine[Any, Any, Response | None]
Guard: TypeAlias = Callable[[RequestHead, Origin], Response | Waiting | None]
Check: TypeAlias = Callable[[RequestHead, RequestContext], Response | Waiting | None]
Finish: TypeAlias = Callable[[RequestHead, RequestContext, Response], Response]


def require_host(head: RequestHead, origin: Origin) -> None:  # noqa: ARG001 - a guard
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


def add_fields_of_request(
    head: RequestHead,  # noqa: ARG001 - a finish
    context: RequestContext,
    response: Response,
) -> Response:
    """Add the request id, and what the client gets of services' header fields.

    A field that the response has already is not replaced.
    """
    named = replace(response, headers=response.headers + request_id_field(context))
    if not context.returned:
        return named
    return named.adding_missing(merged(context.returned))


def request_id_field(context: RequestContext) -> Headers:
    """Return the header field with the request id, as in the log and for services."""
    return ((b"x-request-id", context.request_id.encode()),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of a route.

    `access` runs between the guards and the checks; without it, callers are anonymous.
    """

    guards: tuple[Guard, ...] = ()
    access: Access | None = None
    checks: tuple[Check, ...] = ()
    finishes: tuple[Finish, ...] = ()

    def then(self, steps: "Steps") -> "Steps":
        """Return these steps, followed by more; at most one of both has `access`."""
        return Steps(
            guards=self.guards + steps.guards,
            access=self.access or steps.access,
            checks=self.checks + steps.checks,
            finishes=self.finishes + steps.finishes,
        )


NO_STEPS = Steps()
BASE_STEPS = Steps(guards=(require_host,), finishes=(add_fields_of_request,))
"""The steps of every route."""
