"""HTTP/1.1 connections, each with one exchange at a time.

After an error, a timeout or a cancellation, the position in the stream is unknown.
Bytes that arrive while a connection is idle do not belong to a request. In both cases
the connection is closed and not reused.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from weir.gateway.concurrency.deadline import Deadline
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamTimeout,
)
from weir.gateway.transport.http1.response_parser import ReplyLimits, ReplyParser
from weir.gateway.transport.message import UpstreamResponse
from weir.gateway.transport.reply_hold import ReplyHold


class Connection(asyncio.Protocol):
    """A connection to `instance` for one exchange at a time.

    `reply` is the parser of the current or last response. No exchange may follow one
    after which it is not `reusable`.
    """

    __slots__ = (
        "_deadline",
        "_hold",
        "_instance",
        "_loop",
        "_on_lost",
        "_timeout_s",
        "_transport",
        "_waiter",
        "expires_s",
        "opened_s",
        "reply",
        "served",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: ReplyLimits,
        on_lost: Callable[["Connection"], None],
        instance: str = "",
    ) -> None:
        self._loop = loop
        self._on_lost = on_lost
        self._deadline = Deadline(loop, self._expire)
        self._timeout_s = 0.0
        self._hold: ReplyHold | None = None
        self._instance = instance
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.reply = ReplyParser(limits)
        self.served = 0
        self.opened_s = self.expires_s = 0.0

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def used_before(self) -> bool:
        """Whether a response was received on this connection before."""
        return self.served > 0

    @property
    def response_began(self) -> bool:
        """Whether a byte of the current or last response has arrived."""
        return self.reply.began

    async def exchange(
        self, data: bytes, *, head: bool, timeout_s: float, hold: ReplyHold | None
    ) -> UpstreamResponse:
        """Send one request; return its response as received, not decoded.

        `head` is set for the method HEAD. `hold` counts the response while it arrives.
        Raise an `UpstreamError` on a failure.
        """
        assert self._transport is not None, "an exchange follows connection_made"
        self._hold = hold
        reply = self.reply
        reply.begin(expects_body=not head)
        waiter = self._waiter = self._loop.create_future()
        self._timeout_s = timeout_s
        self._deadline.set(timeout_s)
        try:
            self._transport.write(data)
            await waiter
        except asyncio.CancelledError:
            self.abort()
            reply.drop_body()
            raise
        finally:
            self._deadline.clear()
        self.served += 1
        return UpstreamResponse(
            status=reply.status,
            headers=tuple(reply.lines),
            body=reply.take_body(),
            instance=self._instance,
        )

    def abort(self) -> None:
        """Close the connection at once, even during an exchange."""
        self.reply.reusable = False
        if not self.reply.complete:
            self.reply.drop_body()
        self._waiter = None
        if self._transport is not None:
            self._transport.abort()

    def _expire(self) -> None:
        message = f"no complete response within {self._timeout_s:.3f} s"
        self._fail(UpstreamTimeout(message))

    def _fail(self, error: UpstreamError) -> None:
        waiter = self._waiter
        self.abort()
        if waiter is not None and not waiter.done():
            waiter.set_exception(error)

    def _succeed(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # The event loop calls the following methods.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS, never UDP

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:
            self.abort()
            return
        reply, hold = self.reply, self._hold
        try:
            reply.feed(data)
            if hold is not None and not reply.complete:
                hold.grow(reply.body_size, len(reply.chunks))
        except UpstreamError as error:
            self._fail(error)
            return
        if reply.complete:
            self._succeed()

    def connection_lost(self, exc: Exception | None) -> None:
        self.reply.reusable = False
        self._deadline.close()
        if self._waiter is not None:
            if exc is None and self.reply.end_of_stream():
                self._succeed()
            else:
                reason = f": {exc}" if exc else ""
                self._fail(UpstreamConnectionLost(f"the connection was closed{reason}"))
        self._on_lost(self)
