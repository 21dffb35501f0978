"""What a service refuses because of the client's request, in terms of HTTP.

    WeirError
    +-- ServiceError (client)  a service's error has one of the codes below
        +-- ServiceInputInvalid, ServiceUnauthenticated, ServiceForbidden, ServiceNotFound, ServiceConflict,
            ServiceUnprocessable, ServiceTooManyRequests

GraphQL errors carry a code and no status. The codes here are those that GraphQL servers
agree on, by which they say that the request has to change. GRAPHQL_VALIDATION_FAILED is
not among them: the document that a service gets is the gateway's, so that nothing a
client changes would help.
"""

from collections.abc import Sequence
from typing import Final

from bffs.errors import ResourceNotFound
from gateway.errors import Fault, WeirError
from gateway.headers import Headers
from resolvers.errors import BadUserInput, SubgraphError
from resolvers.json_types import JSONObject


class ServiceError(WeirError):
    """A service did not do what was asked, for a reason that is the client's."""


class ServiceInputInvalid(ServiceError):
    """A value is none that the service takes."""

    row = BadUserInput.row


class ServiceUnauthenticated(
    ServiceError,
    code="UNAUTHENTICATED",
    fault=Fault.CLIENT,
    status=401,
    title="The request needs valid credentials.",
):
    """The service wants to know who asks."""

    @property
    def response_headers(self) -> Headers:
        # RFC 9110 §15.5.2: "The server generating a 401 response MUST send a
        # WWW-Authenticate header field"; a GraphQL error does not say which.
        return ((b"www-authenticate", b"Bearer"),)


class ServiceForbidden(
    ServiceError,
    code="FORBIDDEN",
    fault=Fault.CLIENT,
    status=403,
    title="This is not allowed to whoever asks.",
):
    """Whoever asks may not do this."""


class ServiceNotFound(ServiceError):
    """What was asked for does not exist."""

    row = ResourceNotFound.row


class ServiceConflict(
    ServiceError,
    code="CONFLICT",
    fault=Fault.CLIENT,
    status=409,
    title="The request conflicts with the state of the resource.",
):
    """What was asked contradicts the state of things."""


class ServiceUnprocessable(
    ServiceError,
    code="UNPROCESSABLE_CONTENT",
    fault=Fault.CLIENT,
    status=422,
    title="The request breaks a rule of the service.",
):
    """A rule of the service forbids what was asked."""


class ServiceTooManyRequests(
    ServiceError,
    code="TOO_MANY_REQUESTS",
    fault=Fault.CLIENT,
    status=429,
    retryable=True,
    title="The service takes fewer requests.",
):
    """The service has had enough of this client."""


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


def client_error(errors: Sequence[JSONObject]) -> ServiceError | None:
    """Return why `errors` are the client's to mend; None where any of them is not.

    Of several reasons the one of the lowest status is told: it has to be mended first.
    """
    found = [ERROR_BY_CODE.get(_code(error)) for error in errors]
    refusals = [refusal for refusal in found if refusal is not None]
    if not refusals or len(refusals) < len(errors):
        return None
    first = min(refusals, key=lambda each: each.row.status)
    return first(" ".join(dict.fromkeys(map(_told, errors))).strip())


def _code(error: JSONObject) -> str:
    extensions: JSONObject = error.get("extensions") or {}
    return str(extensions.get("code"))


def _told(error: JSONObject) -> str:
    """Return the error's text; none where it is masked: our row says more than that."""
    message = str(error["message"])
    return "" if message == SubgraphError.row.title else message
