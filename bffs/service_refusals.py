"""What a service refuses because of the client's request, in terms of HTTP.

    WeirError
    +-- ServiceRefusal (client)  a service's error has one of the codes below
        +-- BadInput, Unauthenticated, Forbidden, Missing, Conflicting,
            Unprocessable, TooManyRequests

GraphQL errors carry a code and no status. The codes here are those that GraphQL servers
agree on, by which they say that the request has to change. GRAPHQL_VALIDATION_FAILED is
not among them: the document that a service gets is the gateway's, so that nothing a
client changes would help.
"""

from collections.abc import Sequence
from typing import Final

from bffs.errors import ResourceNotFound
from gateway.errors import ErrorRow, Fault, WeirError
from gateway.headers import Headers
from resolvers.errors import BAD_USER_INPUT, DOWNSTREAM_SERVICE_ERROR
from resolvers.json_types import JSONObject


def _row(code: str, status: int, message: str, *, retryable: bool = False) -> ErrorRow:
    return ErrorRow(
        code=code,
        fault=Fault.CLIENT,
        status=status,
        retryable=retryable,
        message=message,
    )


class ServiceRefusal(WeirError):
    """A service did not do what was asked, for a reason that is the client's."""


class BadInput(ServiceRefusal):
    """A value is none that the service takes."""

    row = BAD_USER_INPUT


class Unauthenticated(ServiceRefusal):
    """The service wants to know who asks."""

    row = _row("UNAUTHENTICATED", 401, "The request needs valid credentials.")

    @property
    def response_headers(self) -> Headers:
        # RFC 9110 §15.5.2: "The server generating a 401 response MUST send a
        # WWW-Authenticate header field"; a GraphQL error does not say which.
        return ((b"www-authenticate", b"Bearer"),)


class Forbidden(ServiceRefusal):
    """Whoever asks may not do this."""

    row = _row("FORBIDDEN", 403, "This is not allowed to whoever asks.")


class Missing(ServiceRefusal):
    """What was asked for does not exist."""

    row = ResourceNotFound.row


class Conflicting(ServiceRefusal):
    """What was asked contradicts the state of things."""

    row = _row("CONFLICT", 409, "The request conflicts with the state of the resource.")


class Unprocessable(ServiceRefusal):
    """A rule of the service forbids what was asked."""

    row = _row(
        "UNPROCESSABLE_CONTENT", 422, "The request breaks a rule of the service."
    )


class TooManyRequests(ServiceRefusal):
    """The service has had enough of this client."""

    row = _row(
        "TOO_MANY_REQUESTS", 429, "The service takes fewer requests.", retryable=True
    )


REFUSAL_BY_CODE: Final[dict[str, type[ServiceRefusal]]] = {
    "BAD_USER_INPUT": BadInput,
    "BAD_REQUEST": BadInput,
    "INVALID_ARGUMENT": BadInput,
    "UNAUTHENTICATED": Unauthenticated,
    "UNAUTHORIZED": Unauthenticated,
    "FORBIDDEN": Forbidden,
    "PERMISSION_DENIED": Forbidden,
    "NOT_FOUND": Missing,
    "RESOURCE_NOT_FOUND": Missing,
    "CONFLICT": Conflicting,
    "ALREADY_EXISTS": Conflicting,
    "UNPROCESSABLE_CONTENT": Unprocessable,
    "UNPROCESSABLE_ENTITY": Unprocessable,
    "VALIDATION_FAILED": Unprocessable,
    "TOO_MANY_REQUESTS": TooManyRequests,
    "RATE_LIMITED": TooManyRequests,
}


def service_refusal(errors: Sequence[JSONObject]) -> ServiceRefusal | None:
    """Return why `errors` are the client's to mend; None where any of them is not.

    Of several reasons the one of the lowest status is told: it has to be mended first.
    """
    found = [REFUSAL_BY_CODE.get(_code(error)) for error in errors]
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
    return "" if message == DOWNSTREAM_SERVICE_ERROR.message else message


ROWS: tuple[ErrorRow, ...] = (
    Unauthenticated.row,
    Forbidden.row,
    Conflicting.row,
    Unprocessable.row,
    TooManyRequests.row,
)
