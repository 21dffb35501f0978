"""The body of one request, between the connection that fills it and its reader."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from msgspec import Struct

from weir.gateway.edge.exchange import ClientLeft
from weir.gateway.errors import GatewayOverloaded, PayloadTooLarge, WeirError
from weir.gateway.headers import Headers
from weir.gateway.server.connection.memory_budget import MemoryBudget

# Bytes that are held for a reader that is not there yet, or slow.
_HIGH_WATER_BYTES = 64 * 1024
_NO_MEMORY = "The request bodies in progress fill the memory for them."


class BodyFlow(Protocol):
    """The connection, as far as a body controls it."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def send_continue(self) -> None:
        """Send 100 Continue to a client that waits for it (RFC 9110 §10.1.1)."""
        ...


class ClientBody(Struct, eq=False):
    """A `RequestBody`; `streamed` once it is read in pieces.

    `awaited_s` are the seconds for which its reader has waited for the client.
    """

    _flow: BodyFlow
    _budget: MemoryBudget
    declared: int
    complete: bool
    expects_continue: bool
    streamed: bool = False
    received: int = 0
    awaited_s: float = 0.0
    trailers: Headers = ()
    _chunks: list[bytes] = []
    _held: int = 0
    _error: WeirError | ClientLeft | None = None
    _waiting: asyncio.Future[None] | None = None
    _is_read_whole: bool = False

    @property
    def failed(self) -> bool:
        """Whether it will not become complete."""
        return self._error is not None

    async def read(self, limit: int) -> bytes:
        if self.declared > limit:
            raise PayloadTooLarge(limit)
        self._is_read_whole = True
        while self.received <= limit:
            if self.complete:
                content = b"".join(self._chunks)
                self._chunks.clear()
                return content
            await self._more()
        raise PayloadTooLarge(limit)

    def hold(self, size: int) -> None:
        if not self._budget.take(size, self._held):
            raise GatewayOverloaded(_NO_MEMORY)
        self._held += size

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.streamed = True
        while True:
            if self._chunks:
                data = b"".join(self._chunks)
                self.release()
                yield data
            elif self.complete:
                return
            else:
                await self._more()

    def feed(self, data: bytes) -> None:
        """Add bytes that have arrived."""
        self.received += len(data)
        if self._error is not None:
            return
        if not self._budget.take(len(data), self._held):
            self.fail(GatewayOverloaded(_NO_MEMORY))
            return
        self._held += len(data)
        self._chunks.append(data)
        if self._held > _HIGH_WATER_BYTES and not self._is_read_whole:
            self._flow.pause_reading()
        if self._waiting is not None:
            self._wake()

    def finish(self, trailers: Headers) -> None:
        """Mark the body as complete."""
        self.trailers = trailers
        self.complete = self._error is None
        if self._waiting is not None:
            self._wake()

    def fail(self, error: WeirError | ClientLeft) -> None:
        """Drop what has arrived of an incomplete body; its reader gets the error."""
        if self.complete or self._error is not None:
            return
        self._error = error
        # Its frames refer to what has arrived.
        error.__traceback__ = error.__cause__ = error.__context__ = None
        self.release()
        self._wake()

    def release(self) -> None:
        """Give back the memory that the body takes, and has taken of the budget."""
        self._chunks.clear()
        if self._held:
            self._budget.release(self._held)
            self._held = 0

    async def _more(self) -> None:
        """Wait until something has changed; raise the error of `fail`."""
        if self._error is not None:
            raise self._error
        if self.expects_continue:
            self.expects_continue = False
            if not self.received:
                self._flow.send_continue()
        self._flow.resume_reading()
        loop = asyncio.get_running_loop()
        waiting = self._waiting = loop.create_future()
        since_s = loop.time()
        try:
            await waiting
        finally:
            self._waiting = None
            self.awaited_s += loop.time() - since_s

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
