"""Calls over HTTP/2, by ALPN with TLS, and by prior knowledge without it.

If ALPN (RFC 7301) selects HTTP/1.1, HTTP/1.1 is used.
"""

import asyncio
import sys
from collections.abc import AsyncIterable, AsyncIterator, Callable
from math import inf
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.transport.content_coding import decode_body
from weir.gateway.transport.dialer import Dialer
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamError,
    UpstreamTimeout,
)
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.http2.connection import Http2Connection
from weir.gateway.transport.http2.exchange import (
    Exchange,
    Reception,
    RequestRefused,
    StaleConnection,
)
from weir.gateway.transport.http2.pool import SharedConnections
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.origin import Origin
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.transport.request_encoder import encode_request
from weir.gateway.transport.streams import FlowStream

_ALPN: Final = ("h2", "http/1.1")
_WITH_CONTENT: Final = frozenset({"POST", "PUT", "PATCH"})


class _Http1Chosen(UpstreamConnectFailed):
    """A peer that supports HTTP/1.1 only."""


class Http2Transport:
    """The transport to one origin over shared HTTP/2 connections."""

    def __init__(self, origin: Origin, policy: TransportPolicy, clock: Clock) -> None:
        self._origin = origin
        self._clock = clock
        self._connect_s = policy.connect_s
        self._idle_s = policy.idle_s
        self._lifetime_s = policy.connections.lifetime_s
        self._max_header_bytes = policy.max_header_bytes
        self._max_bytes = policy.max_response_bytes
        self._dialer = Dialer(origin, policy, clock, _ALPN)
        self._connections = SharedConnections(self._connect, policy.connections, clock)
        self._http1 = Http1Transport(origin, policy, clock)
        self._http1_until_s = -1.0

    async def call(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        hold: ReplyHold | None = None,
    ) -> UpstreamResponse:
        if self._uses_http1():
            return await self._http1.call(request, headers, deadline_s, hold)
        fields = self._fields(request, headers, len(request.body))
        try:
            return await self._call(request, fields, deadline_s, hold)
        except _Http1Chosen:
            return await self._http1.call(request, headers, deadline_s, hold)

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> FlowStream:
        if request.upgrade or self._uses_http1():
            return await self._http1.open(request, headers, deadline_s, body)
        length = len(request.body) if body is None else request.length
        fields = self._fields(request, headers, length)
        if body is None and request.body:
            body = _one_part(request.body)
        try:
            return await self._open(request, fields, deadline_s, body)
        except _Http1Chosen:
            return await self._http1.open(request, headers, deadline_s, body)

    async def close(self) -> None:
        await self._connections.close()
        await self._http1.close()

    def _uses_http1(self) -> bool:
        """Return whether ALPN has recently selected HTTP/1.1."""
        return self._clock.monotonic_s() < self._http1_until_s

    async def _call(
        self,
        request: UpstreamRequest,
        fields: Headers,
        deadline_s: float,
        hold: ReplyHold | None,
    ) -> UpstreamResponse:
        connection = await self._connections.acquire(deadline_s)
        try:
            return await self._exchange(connection, request, fields, deadline_s, hold)
        except RequestRefused:
            pass  # not processed, so that a retry is safe
        except StaleConnection:
            if not request.safe:
                raise
        connection = await self._connections.acquire(deadline_s)
        return await self._exchange(connection, request, fields, deadline_s, hold)

    async def _exchange(
        self,
        connection: Http2Connection,
        request: UpstreamRequest,
        fields: Headers,
        deadline_s: float,
        hold: ReplyHold | None,
    ) -> UpstreamResponse:
        heard = connection.received
        reception = Reception(
            self._max_bytes, gathered=True, method=request.method, hold=hold
        )
        left_s = self._left(deadline_s)
        exchange = connection.begin(fields, reception, end=not request.body)
        try:
            async with asyncio.timeout(left_s):
                if request.body:
                    await exchange.send_whole(request.body)
                await exchange.wait_until_complete()
        except TimeoutError as error:
            if connection.received == heard:
                connection.drain()  # no data at all: the connection may be dead
            message = f"{self._origin.url}: no complete response within {left_s:.3f} s"
            raise UpstreamTimeout(message) from error
        finally:
            exchange.close()
        return await self._response(exchange)

    async def _open(
        self,
        request: UpstreamRequest,
        fields: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None,
    ) -> FlowStream:
        connection = await self._connections.acquire(deadline_s)
        reception = Reception(sys.maxsize, gathered=False, method=request.method)
        left_s = self._left(deadline_s)
        exchange = connection.begin(fields, reception, end=body is None)
        stream = FlowStream(exchange, self._idle_s, self._origin.url, body)
        try:
            await stream.wait_for_head(left_s)
        except BaseException:
            await stream.aclose()
            raise
        return stream

    async def _connect(
        self, on_change: Callable[[Http2Connection], None]
    ) -> Http2Connection:
        connection = await self._dialer.dial(
            lambda: Http2Connection(self._max_header_bytes, on_change), inf
        )
        if not connection.negotiated_http2:
            connection.abort()
            self._http1_until_s = self._clock.monotonic_s() + self._lifetime_s
            message = f"{self._origin.url}: the peer does not offer HTTP/2"
            raise _Http1Chosen(message)
        try:
            async with asyncio.timeout(self._connect_s):
                await connection.wait_for_settings()
        except (TimeoutError, UpstreamError) as error:
            connection.abort()
            message = f"{self._origin.url}: could not start HTTP/2: {error}"
            raise UpstreamConnectFailed(message) from error
        except BaseException:
            connection.abort()
            raise
        return connection

    def _left(self, deadline_s: float) -> float:
        left_s = deadline_s - self._clock.monotonic_s()
        if left_s <= 0:
            message = f"{self._origin.url}: no time left to send the request"
            raise UpstreamTimeout(message)
        return left_s

    def _fields(
        self, request: UpstreamRequest, headers: Headers, length: int | None
    ) -> Headers:
        """Return the head of the request (RFC 9113 §8.3.1)."""
        authority = request.authority or self._origin.authority
        encode_request(request, headers, authority, streamed=True)  # validates
        fields = (
            (b":method", request.method.encode()),
            (b":scheme", self._origin.scheme.encode()),
            (b":authority", authority.encode()),
            (b":path", request.path.encode()),
            *headers,
        )
        if length or (length == 0 and request.method in _WITH_CONTENT):
            return (*fields, (b"content-length", b"%d" % length))
        return fields

    async def _response(self, exchange: Exchange) -> UpstreamResponse:
        headers, body = await decode_body(
            exchange.headers, exchange.gathered(), self._max_bytes
        )
        return UpstreamResponse(
            status=exchange.status,
            headers=headers,
            body=body,
            instance=self._origin.url,
        )


async def _one_part(body: bytes) -> AsyncIterator[bytes]:
    yield body
