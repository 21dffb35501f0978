"""The HTTP errors for errors of services that the client has to fix.

GraphQL errors carry a code and no status. The codes of `ERROR_BY_CODE` are those by
which GraphQL servers commonly report a fault of the client. GRAPHQL_VALIDATION_FAILED
is not among them: the gateway writes the documents of services, so that no change of
the client's request can fix it.
"""

from collections.abc import Sequence
from typing import Final

from weir.bffs.facades.errors import ResourceNotFound
from weir.gateway.errors import Forbidden, Unauthenticated, WeirError
from weir.gateway.json_types import JSONObject
from weir.gateway.transport.errors import UpstreamRateLimited
from weir.resolvers.errors import BadUserInput, SubgraphError
from weir.resolvers.http_errors import (
    Conflict,
    RequestRejected,
    TooManyCalls,
    Unprocessable,
)


class ServiceError(WeirError):
    """An error of a service for which the client is at fault."""


class ServiceInputInvalid(ServiceError):
    row = BadUserInput.row


class ServiceUnauthenticated(ServiceError, Unauthenticated): ...


class ServiceForbidden(ServiceError, Forbidden): ...


class ServiceNotFound(ServiceError):
    row = ResourceNotFound.row


class ServiceConflict(ServiceError):
    row = Conflict.row


class ServiceUnprocessable(ServiceError):
    row = Unprocessable.row


class ServiceTooManyRequests(ServiceError):
    row = TooManyCalls.row


class ServiceRateLimited(ServiceError):
    """Calls beyond the rate limits of services."""

    row = UpstreamRateLimited.row

    def __init__(self, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class GatewayRejected(WeirError):
    """Requests of the gateway that services reject, so that a retry does not help."""

    row = RequestRejected.row


ERROR_BY_CODE: Final[dict[str, type[ServiceError]]] = {
    "BAD_USER_INPUT": ServiceInputInvalid,
    "BAD_REQUEST": ServiceInputInvalid,
    "INVALID_ARGUMENT": ServiceInputInvalid,
    "UNAUTHENTICATED": ServiceUnauthenticated,
    "UNAUTHORIZED": ServiceUnauthenticated,
    "FORBIDDEN": ServiceForbidden,
    "PERMISSION_DENIED": ServiceForbidden,
    "NOT_FOUND": ServiceNotFound,
    "RESOURCE_NOT_FOUND": ServiceNotFound,
    "CONFLICT": ServiceConflict,
    "ALREADY_EXISTS": ServiceConflict,
    "UNPROCESSABLE_CONTENT": ServiceUnprocessable,
    "UNPROCESSABLE_ENTITY": ServiceUnprocessable,
    "VALIDATION_FAILED": ServiceUnprocessable,
    "TOO_MANY_REQUESTS": ServiceTooManyRequests,
    "RATE_LIMITED": ServiceTooManyRequests,
}
_ERRORS: Final = ERROR_BY_CODE | {UpstreamRateLimited.row.code: ServiceRateLimited}
"""Those of services, and of the limits that the gateway has for them."""


def client_error(errors: Sequence[JSONObject]) -> ServiceError | None:
    """Map the errors to a client error; None if any is not the client's fault.

    Several codes become the one with the lowest status: the client has to fix it first.
    """
    found = [_ERRORS.get(_code(error)) for error in errors]
    known = [error for error in found if error is not None]
    if not known or len(known) < len(errors):
        return None
    first = min(known, key=lambda each: each.row.status)
    detail = " ".join(dict.fromkeys(map(_public_message, errors))).strip()
    if first is ServiceForbidden:
        return ServiceForbidden(detail, scopes=_sufficient_scopes(errors))
    if first is ServiceRateLimited:
        return ServiceRateLimited(detail, _longest_wait_s(errors))
    return first(detail)


def _sufficient_scopes(errors: Sequence[JSONObject]) -> tuple[str, ...]:
    """Return scopes that fulfil what the gateway requires, of each field the fewest."""
    found: set[str] = set()
    for error in errors:
        extensions: JSONObject = error.get("extensions") or {}
        if "requiredScopes" in extensions and "serviceName" not in extensions:
            found.update(extensions["requiredScopes"][0])
    return tuple(sorted(found))


def _longest_wait_s(errors: Sequence[JSONObject]) -> int | None:
    """Return the longest time after which a rate limit has a token again."""
    found: list[int] = []
    for error in errors:
        extensions: JSONObject = error.get("extensions") or {}
        wait_s = extensions.get("retryAfter")
        if isinstance(wait_s, int):
            found.append(wait_s)
    return max(found, default=None)


def _code(error: JSONObject) -> str:
    extensions: JSONObject = error.get("extensions") or {}
    return str(extensions.get("code"))


def _public_message(error: JSONObject) -> str:
    """Return the error's message; "" if it is masked, for the title is enough."""
    message = str(error["message"])
    return "" if message == SubgraphError.row.title else message
