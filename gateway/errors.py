"""The base of all errors that a client can see, and the errors of HTTP itself.

Each package declares its own errors, one class with one row of the error table each.
The matched endpoint renders them. `docs/reference/errors.md` is generated from the
rows.
"""

import re
from dataclasses import dataclass
from enum import Enum
from math import ceil
from typing import ClassVar, Self, cast

from weir.gateway.headers import Headers
from weir.gateway.json_types import JSONObject

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
"""RFC 6749 §3.3, scope-token: it needs no escapes in a header field."""


class Fault(Enum):
    """The party that causes an error; decides what a client may see of it."""

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
        """The problem type (RFC 9457 §3.1.1): a name, not an address."""
        return f"urn:weir:error:{self.code.lower()}"


class WeirError(Exception):
    """An error that an endpoint renders: its row of the table and its `detail`.

    A class that names a code declares a row: `class NotFound(WeirError, code=...,
    fault=..., status=..., title=...)`. Other classes inherit the row of their base.

    `detail` describes this case, and is the title by default. Clients see it if the
    fault is theirs. Otherwise it is only logged, unless the mode is development.
    """

    row: ClassVar[ErrorRow]
    retry_after_s: float | None = None
    """The time after which a retry may succeed; None if it is not known."""
    closes_connection: bool = False
    """Whether the connection of the client is closed after the response."""
    operation: str = ""
    """The label of what failed in telemetry, if its endpoint has several."""

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
        """The header fields of every rendering of this error."""
        if self.retry_after_s is None:
            return ()
        # RFC 9110 §10.2.3: whole seconds. Zero would be an immediate retry.
        return ((b"retry-after", b"%d" % max(1, ceil(self.retry_after_s))),)

    @property
    def problem_members(self) -> JSONObject:
        """The further members of its problem document (RFC 9457 §3.2)."""
        return {}

    def public_detail(self, *, development: bool) -> str:
        """Return the text that a client may see: `detail`, or only the title."""
        if development or self.row.fault is Fault.CLIENT:
            return self.detail
        return self.row.title

    def labelled(self, operation: str) -> Self:
        """Return a copy with the label of an operation.

        The callers of a shared call get one error, of which others have another label.
        """
        copy = type(self).__new__(type(self), *self.args)
        copy.__dict__ |= self.__dict__
        copy.__cause__ = self.__cause__
        copy.operation = operation
        return copy

    def without_frames(self) -> Self:
        """Drop the frames in which the error and its causes were raised.

        Frames refer to what failed, such as the body of a response. If one of them
        also refers to what stores the error, only the garbage collector frees both.
        """
        drop_frames(self)
        return self


def drop_frames(error: BaseException) -> None:
    """Drop the frames in which an error, its causes and its parts were raised.

    A frame of asyncio's task groups refers to the error that it raises, and so to the
    results of all tasks. Only the garbage collector would free them.
    """
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = None
        pending += (each.__cause__, each.__context__)
        if isinstance(each, BaseExceptionGroup):
            pending += cast("BaseExceptionGroup[BaseException]", each).exceptions


class BadRequest(
    WeirError,
    code="BAD_REQUEST",
    fault=Fault.CLIENT,
    status=400,
    title="The request is malformed.",
):
    """A violation of the rules of HTTP, or of the stricter ones of the gateway."""


class Unauthenticated(
    WeirError,
    code="UNAUTHENTICATED",
    fault=Fault.CLIENT,
    status=401,
    title="The request needs valid credentials.",
):
    """A request of an anonymous caller for what only known callers may use."""

    @property
    def response_headers(self) -> Headers:
        # RFC 9110 §15.5.2 requires a challenge.
        return ((b"www-authenticate", b"Bearer"),)


class AddressNotAllowed(
    WeirError,
    code="ADDRESS_NOT_ALLOWED",
    fault=Fault.CLIENT,
    status=403,
    title="Requests from this address are not allowed.",
): ...


class Forbidden(
    WeirError,
    code="FORBIDDEN",
    fault=Fault.CLIENT,
    status=403,
    title="The caller is not allowed to do this.",
):
    """A request of a known caller who lacks the rights for it.

    `scopes` are those that would be sufficient, as far as that is known.
    """

    def __init__(self, detail: str = "", *, scopes: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.scopes = scopes

    @property
    def response_headers(self) -> Headers:
        if not self.scopes or not all(map(_SCOPE.fullmatch, self.scopes)):
            return ()
        # RFC 6750 §3.1
        challenge = (
            f'Bearer error="insufficient_scope", scope="{" ".join(self.scopes)}"'
        )
        return ((b"www-authenticate", challenge.encode()),)


class NotFound(
    WeirError,
    code="NOT_FOUND",
    fault=Fault.CLIENT,
    status=404,
    title="There is no endpoint at this path.",
): ...


class MethodNotAllowed(
    WeirError,
    code="METHOD_NOT_ALLOWED",
    fault=Fault.CLIENT,
    status=405,
    title="This path does not allow this method.",
):
    """A path that exists for other methods; `allowed` goes into `Allow`."""

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(
            f"{method} is not allowed here; allowed: {', '.join(allowed)}."
        )
        self.allowed = allowed

    @property
    def response_headers(self) -> Headers:
        return ((b"allow", ", ".join(self.allowed).encode()),)


class NotAcceptable(
    WeirError,
    code="NOT_ACCEPTABLE",
    fault=Fault.CLIENT,
    status=406,
    title="The response has no media type that the Accept header allows.",
): ...


class RequestTimeout(
    WeirError,
    code="REQUEST_TIMEOUT",
    fault=Fault.CLIENT,
    status=408,
    retryable=True,
    title="The request did not arrive in time.",
): ...


class PayloadTooLarge(
    WeirError,
    code="PAYLOAD_TOO_LARGE",
    fault=Fault.CLIENT,
    status=413,
    title="The request body is too large.",
):
    """A body that is longer than `limit_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The request body is longer than {limit_bytes} bytes.")
        self.limit_bytes = limit_bytes


class UriTooLong(
    WeirError,
    code="URI_TOO_LONG",
    fault=Fault.CLIENT,
    status=414,
    title="The request target is too long.",
): ...


class UnsupportedMediaType(
    WeirError,
    code="UNSUPPORTED_MEDIA_TYPE",
    fault=Fault.CLIENT,
    status=415,
    title="The media type of the request body is not supported.",
): ...


class ContentCodingNotSupported(
    WeirError,
    code="CONTENT_CODING_NOT_SUPPORTED",
    fault=Fault.CLIENT,
    status=415,
    title="The content coding of the request body is not supported.",
):
    """A body in a coding other than `codings`, or in too many."""

    def __init__(self, detail: str, codings: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.codings = codings

    @property
    def response_headers(self) -> Headers:
        # RFC 9110 §12.5.3: the field distinguishes this 415 from one for a media type.
        codings = ", ".join(self.codings) or "identity"
        return ((b"accept-encoding", codings.encode()),)


class HeadersTooLarge(
    WeirError,
    code="HEADERS_TOO_LARGE",
    fault=Fault.CLIENT,
    status=431,
    title="The request header fields are too large.",
): ...


class MethodNotImplemented(
    WeirError,
    code="METHOD_NOT_IMPLEMENTED",
    fault=Fault.CLIENT,
    status=501,
    title="The gateway does not implement the request method.",
): ...


class CodingNotImplemented(
    WeirError,
    code="CODING_NOT_IMPLEMENTED",
    fault=Fault.CLIENT,
    status=501,
    title="The gateway decodes no transfer coding other than chunked.",
): ...


class HttpVersionNotSupported(
    WeirError,
    code="HTTP_VERSION_NOT_SUPPORTED",
    fault=Fault.CLIENT,
    status=505,
    title="The gateway supports HTTP/1.1 and HTTP/1.0 on this port.",
): ...


class InternalError(
    WeirError,
    code="INTERNAL_ERROR",
    fault=Fault.OURS,
    status=500,
    title="The gateway failed to process the request.",
):
    """A bug of the gateway. The log has its traceback, the client sees no cause."""


class TooManyConnections(
    WeirError,
    code="TOO_MANY_CONNECTIONS",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The gateway is at its limit of connections.",
): ...


class GatewayOverloaded(
    WeirError,
    code="GATEWAY_OVERLOADED",
    fault=Fault.OURS,
    status=503,
    retryable=True,
    title="The gateway is at its limit of requests in flight.",
):
    # The end of other requests cannot be predicted. One second is the smallest value.
    retry_after_s = 1.0


class DeadlineExceeded(
    WeirError,
    code="DEADLINE_EXCEEDED",
    fault=Fault.OURS,
    status=504,
    retryable=True,
    title="The gateway could not complete the request in time.",
):
    """A request that exceeded its total time."""
