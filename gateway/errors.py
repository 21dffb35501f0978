"""The error table's vocabulary, and the rows that every front may need.

    WeirError                    carries one row: code, fault, status, safe message
    +-- (client)   BadRequest, NotFound, MethodNotAllowed, NotAcceptable,
    |              RequestTimeout, PayloadTooLarge, UriTooLong,
    |              UnsupportedMediaType, HeadersTooLarge
    +-- (ours)     InternalError, DeadlineExceeded, TooManyConnections,
    |              GatewayOverloaded
    +-- (upstream) the rows of gateway.transport.errors

Each package raises its own typed errors; the front that was matched renders them.
`docs/errors.md` is generated from the rows.
"""

from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import ClassVar

from gateway.headers import Headers


class Fault(Enum):
    """Whose fault an error is; decides what of it a client may see."""

    CLIENT = "client"
    UPSTREAM = "upstream"
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """One line of the error table; `message` is safe to show to any client."""

    code: str
    fault: Fault
    status: int
    retryable: bool
    message: str

    @property
    def type_uri(self) -> str:
        """The problem type (RFC 9457 section 3.1.1): a name, not an address."""
        return f"urn:weir:error:{self.code.lower()}"


class WeirError(Exception):
    """Anything that a front renders: a row of the table and what happened here.

    `detail` says what happened in this case. It is shown to clients where the fault
    is theirs, and only logged where it is an upstream's or ours (unless the mode is
    development).
    """

    row: ClassVar[ErrorRow]
    retry_after_s: float | None = None
    """How long to wait before trying again, where that is known."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.row.message)
        self.detail = detail or self.row.message

    @property
    def code(self) -> str:
        return self.row.code

    @property
    def response_headers(self) -> Headers:
        """Header fields that every rendering of this error carries."""
        if self.retry_after_s is None:
            return ()
        # RFC 9110 §10.2.3: whole seconds; none at all would be asked again at once.
        return ((b"retry-after", b"%d" % max(1, ceil(self.retry_after_s))),)

    def public_detail(self, *, development: bool) -> str:
        """Return what of `detail` a client may see."""
        if development or self.row.fault is Fault.CLIENT:
            return self.detail
        return self.row.message


class BadRequest(WeirError):
    """The request breaks HTTP's rules or ours."""

    row = ErrorRow(
        code="BAD_REQUEST",
        fault=Fault.CLIENT,
        status=400,
        retryable=False,
        message="The request could not be understood.",
    )


class NotFound(WeirError):
    """Nothing is served at this path."""

    row = ErrorRow(
        code="NOT_FOUND",
        fault=Fault.CLIENT,
        status=404,
        retryable=False,
        message="Nothing is served at this path.",
    )


class MethodNotAllowed(WeirError):
    """The path exists, the method does not; `allowed` goes into Allow."""

    row = ErrorRow(
        code="METHOD_NOT_ALLOWED",
        fault=Fault.CLIENT,
        status=405,
        retryable=False,
        message="This path does not take this method.",
    )

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not allowed here; use {', '.join(allowed)}.")
        self.allowed = allowed

    @property
    def response_headers(self) -> Headers:
        return ((b"allow", ", ".join(self.allowed).encode()),)


class NotAcceptable(WeirError):
    """None of the media types that the client accepts is one that we produce."""

    row = ErrorRow(
        code="NOT_ACCEPTABLE",
        fault=Fault.CLIENT,
        status=406,
        retryable=False,
        message="No representation fits the Accept header.",
    )


class RequestTimeout(WeirError):
    """The client took too long to send its request."""

    row = ErrorRow(
        code="REQUEST_TIMEOUT",
        fault=Fault.CLIENT,
        status=408,
        retryable=True,
        message="The request did not arrive in time.",
    )


class PayloadTooLarge(WeirError):
    """The body is longer than `limit_bytes`."""

    row = ErrorRow(
        code="PAYLOAD_TOO_LARGE",
        fault=Fault.CLIENT,
        status=413,
        retryable=False,
        message="The request body is too large.",
    )

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The request body is longer than {limit_bytes} bytes.")
        self.limit_bytes = limit_bytes


class UriTooLong(WeirError):
    """The request target is longer than the server's limit."""

    row = ErrorRow(
        code="URI_TOO_LONG",
        fault=Fault.CLIENT,
        status=414,
        retryable=False,
        message="The request target is too long.",
    )


class UnsupportedMediaType(WeirError):
    """The body's media type is none that this path takes."""

    row = ErrorRow(
        code="UNSUPPORTED_MEDIA_TYPE",
        fault=Fault.CLIENT,
        status=415,
        retryable=False,
        message="The media type of the request body is not supported.",
    )


class HeadersTooLarge(WeirError):
    """The header section is larger than the server's limit."""

    row = ErrorRow(
        code="HEADERS_TOO_LARGE",
        fault=Fault.CLIENT,
        status=431,
        retryable=False,
        message="The request header fields are too large.",
    )


class InternalError(WeirError):
    """A bug of ours; logged with the trace id, shown without its cause."""

    row = ErrorRow(
        code="INTERNAL_ERROR",
        fault=Fault.OURS,
        status=500,
        retryable=False,
        message="The gateway failed to answer this request.",
    )


class TooManyConnections(WeirError):
    """The server holds as many connections as it may."""

    row = ErrorRow(
        code="TOO_MANY_CONNECTIONS",
        fault=Fault.OURS,
        status=503,
        retryable=True,
        message="The gateway has no room for another connection.",
    )


class GatewayOverloaded(WeirError):
    """The gateway works on as many requests as it may."""

    row = ErrorRow(
        code="GATEWAY_OVERLOADED",
        fault=Fault.OURS,
        status=503,
        retryable=True,
        message="The gateway has as many requests as it can work on.",
    )
    # No request knows when others end; whole seconds are the least that can be said.
    retry_after_s = 1.0


class DeadlineExceeded(WeirError):
    """The request was not answered within its total time."""

    row = ErrorRow(
        code="DEADLINE_EXCEEDED",
        fault=Fault.OURS,
        status=504,
        retryable=True,
        message="The request was not answered in time.",
    )


ROWS: tuple[ErrorRow, ...] = (
    BadRequest.row,
    NotFound.row,
    MethodNotAllowed.row,
    NotAcceptable.row,
    RequestTimeout.row,
    PayloadTooLarge.row,
    UriTooLong.row,
    UnsupportedMediaType.row,
    HeadersTooLarge.row,
    InternalError.row,
    TooManyConnections.row,
    GatewayOverloaded.row,
    DeadlineExceeded.row,
)
