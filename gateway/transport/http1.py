"""The HTTP/1.1 client for calls to upstreams."""

import asyncio
import os
from collections.abc import Callable
from typing import Final

from gateway.clock import Clock
from gateway.headers import Headers
from gateway.transport.connection import Connection, Reply
from gateway.transport.content_coding import decode_content
from gateway.transport.origin import Origin
from gateway.transport.pool import ConnectionPool
from gateway.transport.reply_parser import ReplyLimits
from gateway.transport.request_bytes import encode_request
from gateway.transport.tls import TlsClient
from gateway.upstreams.call import UpstreamRequest, UpstreamResponse
from gateway.upstreams.errors import (
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamProtocolError,
    UpstreamTimeout,
)
from gateway.upstreams.policy import UpstreamPolicy

_CODINGS: Final = frozenset({b"content-encoding", b"transfer-encoding"})


class Http1Transport:
    """Calls one origin over pooled connections."""

    def __init__(self, origin: Origin, policy: UpstreamPolicy, clock: Clock) -> None:
        self._origin = origin
        self._url = f"{origin.scheme}://{origin.authority}"
        self._authority = origin.authority
        self._clock = clock
        self._connect_timeout_s = policy.timeout.connect_s
        self._limits = ReplyLimits(policy.max_header_bytes, policy.max_response_bytes)
        self._tls = TlsClient(policy.tls) if origin.secure else None
        self._server_name = policy.tls.server_name or origin.host
        self._pool = ConnectionPool(self._connect, policy.connections, clock)

    async def call(
        self, request: UpstreamRequest, headers: Headers, deadline_s: float
    ) -> UpstreamResponse:
        data = encode_request(request, headers, self._authority)
        connection = await self._pool.acquire(deadline_s)
        try:
            reply = await self._exchange(connection, request, data, deadline_s)
        except UpstreamConnectionLost:
            if not (request.safe and _went_stale(connection)):
                raise
            reply = await self._call_afresh(request, data, deadline_s)
        return self._answer(reply)

    async def close(self) -> None:
        self._pool.close()

    async def _call_afresh(
        self, request: UpstreamRequest, data: bytes, deadline_s: float
    ) -> Reply:
        connection = await self._pool.acquire_fresh(deadline_s)
        return await self._exchange(connection, request, data, deadline_s)

    async def _exchange(
        self,
        connection: Connection,
        request: UpstreamRequest,
        data: bytes,
        deadline_s: float,
    ) -> Reply:
        try:
            timeout_s = deadline_s - self._clock.monotonic_s()
            if timeout_s <= 0:
                msg = f"{self._url}: no time left to ask"
                raise UpstreamTimeout(msg)
            return await connection.exchange(
                data, head=request.method == "HEAD", timeout_s=timeout_s
            )
        finally:
            self._pool.release(connection)

    async def _connect(
        self, on_lost: Callable[[Connection], None], deadline_s: float
    ) -> Connection:
        loop = asyncio.get_running_loop()
        left_s = deadline_s - self._clock.monotonic_s()
        timeout_s = min(left_s, self._connect_timeout_s)
        try:
            async with asyncio.timeout(timeout_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(loop, self._limits, on_lost),
                    self._origin.host,
                    self._origin.port,
                    ssl=self._tls.context() if self._tls else None,
                    server_hostname=self._server_name if self._tls else None,
                )
        except TimeoutError as error:
            msg = f"{self._url}: not connected within {timeout_s:.3f} s"
            if timeout_s == left_s:
                raise UpstreamTimeout(msg) from error
            raise UpstreamConnectFailed(msg) from error
        except OSError as error:
            msg = f"{self._url}: {_reason(error)}"
            raise UpstreamConnectFailed(msg) from error
        return connection

    def _answer(self, reply: Reply) -> UpstreamResponse:
        status, headers, body = reply
        for name, _ in headers:
            if name in _CODINGS:
                headers, body = self._decoded(headers, body)
                break
        return UpstreamResponse(
            status=status, headers=headers, body=body, instance=self._url
        )

    def _decoded(self, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        codings: list[bytes] = []
        kept: list[tuple[bytes, bytes]] = []
        for name, value in headers:
            if name == b"content-encoding":
                codings.append(value)
            elif name != b"transfer-encoding":
                kept.append((name, value))
            elif value.lower() != b"chunked":
                msg = f"transfer coding {value!r} was not asked for"
                raise UpstreamProtocolError(msg)
        if not codings or not body:
            return headers, body
        limit = self._limits.body_bytes
        kept = [line for line in kept if line[0] != b"content-length"]
        return tuple(kept), decode_content(b",".join(codings), body, limit)


def _reason(error: OSError) -> str:
    """Say what the system said; asyncio's own words name only the address."""
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return error.strerror or str(error)


def _went_stale(connection: Connection) -> bool:
    """Say whether the peer had closed a kept connection when the request met it.

    RFC 9112 section 9.3.1: a client that "knows or can assume" that the request was
    not processed may repeat it; here it must be safe, too.
    """
    return connection.used_before and not connection.answer_began
