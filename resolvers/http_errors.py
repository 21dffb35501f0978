"""The errors for HTTP responses of services without data, by their status.

A status of the table is the fault of the client: the error has the code and the status
that a façade gives to such a fault of its own. For another 4xx, the gateway is at
fault, and a retry cannot help. The other errors may be of short duration.
"""

from collections.abc import Container
from typing import Final

from weir.gateway.errors import Fault, Forbidden, Unauthenticated
from weir.gateway.transport.message import UpstreamResponse
from weir.resolvers.errors import BadUserInput, HttpError


class RequestRejected(
    HttpError,
    code="SUBREQUEST_REJECTED",
    fault=Fault.UPSTREAM,
    status=502,
    title="A service rejected a request of the gateway.",
):
    """A response with a 4xx status."""


class InputRejected(RequestRejected):
    row = BadUserInput.row


class CallerUnknown(RequestRejected):
    row = Unauthenticated.row


class CallerRejected(RequestRejected):
    row = Forbidden.row


class Conflict(
    RequestRejected,
    code="CONFLICT",
    fault=Fault.CLIENT,
    status=409,
    title="The request conflicts with the state of the resource.",
): ...


class Unprocessable(
    RequestRejected,
    code="UNPROCESSABLE_CONTENT",
    fault=Fault.CLIENT,
    status=422,
    title="The request violates a rule of the service.",
): ...


class TooManyCalls(
    RequestRejected,
    code="TOO_MANY_REQUESTS",
    fault=Fault.CLIENT,
    status=429,
    retryable=True,
    title="Too many requests.",
): ...


_BY_STATUS: Final[dict[int, type[HttpError]]] = {
    400: InputRejected,
    401: CallerUnknown,
    403: CallerRejected,
    409: Conflict,
    422: Unprocessable,
    429: TooManyCalls,
}
ABOUT_THE_CALLER: Final = frozenset({401, 403, 429})
"""Statuses that do not depend on the request that the gateway wrote."""


def http_error(
    response: UpstreamResponse, faults: Container[int] = frozenset(_BY_STATUS)
) -> HttpError:
    """Return the error of a response, with its fields and its body.

    `faults` are the statuses that are the fault of the client.
    """
    status = response.status
    rejected = 400 <= status < 500  # noqa: PLR2004 - RFC 9110 §15.5
    error = RequestRejected if rejected else HttpError
    if status in faults:
        error = _BY_STATUS.get(status, error)
    return error(status, response.headers, response.body)
