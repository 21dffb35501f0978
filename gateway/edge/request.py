"""A client's request, as passed from the server to the edge."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

from weir.gateway.edge.header_map import HeaderMap
from weir.gateway.headers import Headers


class RequestHead(Struct, frozen=True, kw_only=True):
    """The request line and the header section (RFC 9112 §3).

    `path` is the path as sent, percent-encoded and without the query. It begins with
    "/" or is "*". `query` is raw and without "?". `lines` are the field lines in order,
    names in lower case. `peer` is the address of the other end of the connection, or
    "". `arrived_s` is the monotonic time at which the head was complete. `certificate`
    is the verified certificate of the client of the connection, in PEM, or "".
    `forwarded_certificate` is the value of X-Forwarded-Client-Cert, which is not one of
    the fields: it is for the gateway alone, and means something from a trusted proxy
    only. `query_keys` are API keys that have been removed from `query`.
    """

    method: str
    path: str
    query: str
    http_version: str
    headers: HeaderMap
    lines: Headers
    scheme: str
    peer: str
    arrived_s: float
    certificate: str = ""
    forwarded_certificate: bytes = b""
    query_keys: tuple[bytes, ...] = ()


class RequestBody(Protocol):
    """The content of a request, which can be read once: as a whole or in pieces.

    Both ways raise ClientLeft if the client disconnects, and a WeirError if the body is
    malformed, late, or too large for the memory of the server.
    """

    @property
    def received(self) -> int:
        """The number of bytes received."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the whole body is received."""
        ...

    @property
    def trailers(self) -> Headers:
        """The trailer section of a complete body, separate from the header fields."""
        ...

    async def read(self, limit: int) -> bytes:
        """Return the whole body; raise PayloadTooLarge above `limit` bytes.

        A declared length above the limit is rejected before any byte is read.
        """
        ...

    def hold(self, size: int) -> None:
        """Count `size` more bytes in memory until the end of the request.

        Raise GatewayOverloaded if they do not fit into the memory for bodies.
        """
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body in pieces, with backpressure to the client."""
        ...


class Request(Struct, frozen=True, kw_only=True):
    """A request as passed to its endpoint.

    `path_parameters` are decoded segments of the path, as bytes. `body` is the whole
    body if the route's policy buffers it; otherwise the endpoint reads `stream`.
    `retired` is the event of its route.
    """

    head: RequestHead
    path_parameters: tuple[tuple[str, bytes], ...] = ()
    body: bytes = b""
    stream: RequestBody
    retired: asyncio.Event
