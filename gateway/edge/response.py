"""The results of endpoints: a response, or a switch to another protocol."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from weir.gateway.events import ServiceFailure
from weir.gateway.headers import Headers


class ByteStream(Protocol):
    """A body that is produced while it is sent, such as an asynchronous generator."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def aclose(self) -> None:
        """Stop producing. Called when the stream is sent or the client has left."""
        ...


TakeOver: TypeAlias = Callable[[asyncio.Transport, bytes], asyncio.Protocol]
"""A function of the client's transport and the bytes already read after the request.

It returns the protocol that gets all further events of the transport.
"""


def no_trailers() -> Headers:
    """Return the trailer section of a response without trailers."""
    return ()


async def nothing_to_release() -> None:
    """Do nothing."""


def no_sizes() -> tuple[int, int]:
    """Return the sizes of a connection without bytes."""
    return 0, 0


class Response(Struct, frozen=True, kw_only=True):
    """A response to a client, without the header fields of framing and connection.

    The server adds these. It computes Content-Length, except for a stream whose length
    is in `headers`, and for a response to HEAD. `trailers` is called when a stream has
    ended. `operation` is a label for telemetry, of bounded cardinality. `error_code` is
    the code of an error in the error table. `failures` are the parts that a response
    lacks, for telemetry. The connection is closed after a response that `closes`.
    """

    status: int
    headers: Headers
    body: bytes | ByteStream
    trailers: Callable[[], Headers] = no_trailers
    operation: str = ""
    error_code: str = ""
    failures: tuple[ServiceFailure, ...] = ()
    closes: bool = False

    def adding(self, headers: Headers) -> "Response":
        """Return the response with more header fields."""
        return replace(self, headers=self.headers + headers)

    def adding_missing(self, headers: Headers) -> "Response":
        """Return the response with those fields that it does not have yet."""
        own = dict(self.headers)
        if not own.keys().isdisjoint(dict(headers)):
            headers = tuple([line for line in headers if line[0] not in own])
        return replace(self, headers=self.headers + headers)


class Upgrade(Struct, frozen=True, kw_only=True):
    """A switch to another protocol on the client's connection (RFC 9110 §7.8).

    `headers` are those of the 101 response; the server adds Connection. `release` is
    awaited when the connection closes, and also if the switch does not take place.
    `sizes` returns the bytes from the client, and those for it.
    """

    headers: Headers
    take_over: TakeOver
    release: Callable[[], Coroutine[Any, Any, None]] = nothing_to_release
    sizes: Callable[[], tuple[int, int]] = no_sizes
