"""The HTTP/1.1 client for calls to upstreams."""

import asyncio
import sys
from collections.abc import AsyncIterable, Callable
from typing import Final

from msgspec.structs import replace

from weir.gateway.clock import Clock
from weir.gateway.headers import Headers
from weir.gateway.transport.content_coding import decode_body
from weir.gateway.transport.dialer import Dialer
from weir.gateway.transport.errors import UpstreamConnectionLost, UpstreamTimeout
from weir.gateway.transport.http1.connection import Connection
from weir.gateway.transport.http1.pool import ConnectionPool
from weir.gateway.transport.http1.response_parser import ReplyLimits
from weir.gateway.transport.http1.stream_connection import StreamConnection
from weir.gateway.transport.http1.stream_pool import StreamPool
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.origin import Origin
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.transport.request_encoder import encode_request
from weir.gateway.transport.streams import FlowStream

_CONTENT_ENCODING: Final = b"content-encoding"


class Http1Transport:
    """The transport to one origin over pooled HTTP/1.1 connections."""

    def __init__(self, origin: Origin, policy: TransportPolicy, clock: Clock) -> None:
        self._url = origin.url
        self._authority = origin.authority
        self._clock = clock
        self._idle_s = policy.idle_s
        self._limits = ReplyLimits(policy.max_header_bytes, policy.max_response_bytes)
        self._stream_limits = ReplyLimits(policy.max_header_bytes, sys.maxsize)
        self._dialer = Dialer(origin, policy, clock)
        self._pool = ConnectionPool(self._connect, policy.connections, clock)
        self._streams = StreamPool(policy.connections, clock)

    async def call(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        hold: ReplyHold | None = None,
    ) -> UpstreamResponse:
        data = encode_request(request, headers, self._authority)
        is_head = request.method == "HEAD"
        connection = await self._pool.acquire(deadline_s)
        response: UpstreamResponse | None = None
        while response is None:
            try:
                timeout_s = deadline_s - self._clock.monotonic_s()
                if timeout_s <= 0:
                    message = f"{self._url}: no time left to send the request"
                    raise UpstreamTimeout(message)
                response = await connection.exchange(
                    data, head=is_head, timeout_s=timeout_s, hold=hold
                )
            except UpstreamConnectionLost:
                if not (request.safe and _was_stale(connection)):
                    raise
            finally:
                self._pool.release(connection)
            if response is None:
                connection = await self._pool.acquire_new(deadline_s)
        if _CONTENT_ENCODING not in dict(response.headers):
            return response
        headers, body = await decode_body(
            response.headers, response.body, self._limits.body_bytes
        )
        return replace(response, headers=headers, body=body)

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> FlowStream:
        streamed = body is not None
        data = encode_request(request, headers, self._authority, streamed=streamed)
        connection = self._streams.take()
        if connection is not None:
            try:
                return await self._begin(connection, request, data, deadline_s, body)
            except UpstreamConnectionLost:
                is_repeatable = request.safe and not streamed
                if connection.reply.began or not is_repeatable:
                    raise
        connection = await self._dialer.dial(self._new_stream, deadline_s)
        return await self._begin(connection, request, data, deadline_s, body)

    async def close(self) -> None:
        self._pool.close()
        self._streams.close()

    async def _begin(
        self,
        connection: StreamConnection,
        request: UpstreamRequest,
        data: bytes,
        deadline_s: float,
        body: AsyncIterable[bytes] | None,
    ) -> FlowStream:
        streamed = body is not None
        connection.begin(
            data,
            expects_body=request.method != "HEAD",
            parts_follow=streamed,
            chunked=streamed and request.length is None,
            upgrades=bool(request.upgrade),
        )
        stream = FlowStream(connection, self._idle_s, self._url, body)
        try:
            await stream.wait_for_head(deadline_s - self._clock.monotonic_s())
        except BaseException:
            await stream.aclose()
            raise
        return stream

    def _new_stream(self) -> StreamConnection:
        now_s = self._clock.monotonic_s()
        return StreamConnection(self._stream_limits, self._streams, now_s)

    async def _connect(
        self, on_lost: Callable[[Connection], None], deadline_s: float
    ) -> Connection:
        loop = asyncio.get_running_loop()
        return await self._dialer.dial(
            lambda: Connection(loop, self._limits, on_lost, self._url), deadline_s
        )


def _was_stale(connection: Connection) -> bool:
    """Return whether the peer closed a reused connection before it got the request.

    RFC 9112 §9.3.1: a client may retry if it can assume that the request was not
    processed. The caller retries safe requests only.
    """
    return connection.used_before and not connection.response_began
