"""A client's request and our answer, decoded from ASGI once and typed from there."""

from weir.gateway.headers import Headers
from weir.gateway.values import value


@value(frozen=True, slots=True, kw_only=True)
class ClientRequest:
    """What a client asked; the body is complete and within the limit.

    `path` is as it was sent, percent-encoded. `path_parameters` are those of its route,
    decoded, as bytes. `query` is the raw query string without "?".
    """

    method: str
    path: str
    path_parameters: tuple[tuple[str, bytes], ...] = ()
    query: str
    headers: Headers
    body: bytes
    scheme: str
    client_address: str


@value(frozen=True, slots=True, kw_only=True)
class ClientResponse:
    """What the client gets.

    `operation` is a bounded label for telemetry; `error_code` is the row of the error
    table where the answer is an error.
    """

    status: int
    headers: Headers
    body: bytes
    operation: str = ""
    error_code: str = ""
