"""A client's request, as the server passes it to the edge."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from weir.gateway.edge.header_map import HeaderMap
from weir.gateway.headers import Headers
from weir.gateway.values import value


@value(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """The request line and the header section (RFC 9112 §3).

    `path` is as it was sent, percent-encoded, without the query; it begins with "/" or
    is "*". `query` is raw and without "?". `lines` are the field lines in order, names
    in lower case. `peer` is the address of the other end of the connection, or "".
    `arrived_s` is the monotonic time at which the head was complete.
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


class RequestBody(Protocol):
    """The content of a request while it arrives; it is read once, in one of two ways.

    Both raise ClientLeft where the client disconnects, and a WeirError where the body
    is malformed, late, or does not fit into the memory of the server.
    """

    @property
    def received(self) -> int:
        """The number of bytes that have arrived."""
        ...

    @property
    def complete(self) -> bool:
        """Whether all of it has arrived."""
        ...

    @property
    def trailers(self) -> Headers:
        """The trailer section, once complete; never a part of the header fields."""
        ...

    async def read(self, limit: int) -> bytes:
        """Return the whole body; raise PayloadTooLarge above `limit` bytes.

        A declared length above the limit is rejected before a byte is read.
        """
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body in pieces; while none is requested, the client has to wait."""
        ...


@value(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as its endpoint gets it.

    `path_parameters` are decoded segments of the path, as bytes. `body` is the whole
    body where the route's policy buffers it; else the endpoint reads `stream`.
    `retired` is the event of its route.
    """

    head: RequestHead
    path_parameters: tuple[tuple[str, bytes], ...] = ()
    body: bytes = b""
    stream: RequestBody
    retired: asyncio.Event
