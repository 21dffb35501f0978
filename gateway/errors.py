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
    """One line of the error table; `title` is safe to show to any client."""

    code: str
    fault: Fault
    status: int
    retryable: bool
    title: str

    @property
    def type_uri(self) -> str:
        """The problem type (RFC 9457 section 3.1.1): a name, not an address."""
        return f"urn:weir:error:{self.code.lower()}"


class WeirError(Exception):
    """An error that an endpoint renders: its row of the table and its `detail`.

    A class that names a `code` declares a row; other classes inherit theirs.

    `detail` says what happened in this case. It is shown to clients where the fault
    is theirs, and only logged where it is an upstream's or ours (unless the mode is
    development).
    """

    row: ClassVar[ErrorRow]
    retry_after_s: float | None = None
    """How long to wait before trying again, where that is known."""

    def __init_subclass__(
        cls,
        *,
        code: str | None = None,
        fault: Fault | None = None,
        status: int | None = None,
        title: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init_subclass__()
        if code and fault and status and title:
            cls.row = ErrorRow(
                code=code, fault=fault, status=status, retryable=retryable, title=title
            )
        elif code or fault or status or title or retryable:
            message = f"{cls.__name__} needs all of code, fault, status and title"
            raise TypeError(message)

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.row.title)
        self.detail = detail or self.row.title

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
        return self.row.title


class BadRequest(
    WeirError,
    code="BAD_REQUEST",
    fault=Fault.CLIENT,
    status=400,
    title="The request could not be understood.",
):
    """The request breaks HTTP's rules or ours."""


class NotFound(
    WeirError,
    code="NOT_FOUND",
    fault=Fault.CLIENT,
    status=404,
    title="Nothing is served at this path.",
):
    """Nothing is served at this path."""


class MethodNotAllowed(
    WeirError,
    code="METHOD_NOT_ALLOWED",
    fault=Fault.CLIENT,
    status=405,
    title="This path does not take this method.",
):
    """The path exists, the method does not; `allowed` goes into Allow."""

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not allowed here; use {', '.join(allowed)}.")
        self.allowed = allowed

    @property
    def response_headers(self) -> Headers:
        return ((b"allow", ", ".join(self.allowed).encode()),)


class NotAcceptable(
    WeirError,
    code="NOT_ACCEPTABLE",
    fault=Fault.CLIENT,
    status=406,
    title="No representation fits the Accept header.",
):
    """None of the media types that the client accepts is one that we produce."""


class RequestTimeout(
    WeirError,
    code="REQUEST_TIMEOUT",
    fault=Fault.CLIENT,
    status=408,
    retryable=True,
    title="The request did not arrive in time.",
):
    """The client took too long to send its request."""


class PayloadTooLarge(
    WeirError,
    code="PAYLOAD_TOO_LARGE",
    fault=Fault.CLIENT,
    status=413,
    title="The request body is too large.",
):
    """The body is longer than `limit_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The request body is longer than {limit_bytes} bytes.")
        self.limit_bytes = limit_bytes


class UriTooLong(
    WeirError,
    code="URI_TOO_LONG",
    fault=Fault.CLIENT,
    status=414,
    title="The request target is too long.",
):
    """The request target is longer than the server's limit."""


class UnsupportedMediaType(
    WeirError,
    code="UNSUPPORTED_MEDIA_TYPE",
    fault=Fault.CLIENT,
    status=415,
    title="The media type of the request body is not supported.",
):
    """The body's media type is none that this path takes."""


class HeadersTooLarge(
    WeirError,
    code="HEADERS_TOO_LARGE",
    fault=Fault.CLIENT,
    status=431,
    title="The request header fields are too large.",
):
    """The header section is larger than the server's limit."""


class InternalError(
    WeirError,
    code="INTERNAL_ERROR",
    fault=Fault.OURS,
    status=500,
    title="The gateway failed to answer this request.",
):
    """A bug of ours; logged with the trace id, shown without its cause."""


class TooManyConnections(
    WeirError,
    code="TOO_MANY_CONNECTIONS",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The gateway has no room for another connection.",
):
    """The server holds as many connections as it may."""


class GatewayOverloaded(
    WeirError,
    code="GATEWAY_OVERLOADED",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The gateway has as many requests as it can work on.",
):
    """The gateway works on as many requests as it may."""

    # No request knows when others end; whole seconds are the least that can be said.
    retry_after_s = 1.0


class DeadlineExceeded(
    WeirError,
    code="DEADLINE_EXCEEDED",
    fault=Fault.OURS,
    status=504,
    retryable=True,
    title="The request was not answered in time.",
):
    """The request was not answered within its total time."""
