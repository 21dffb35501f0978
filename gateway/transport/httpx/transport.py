"""Calls through httpx, for instances behind a proxy.

This transport costs many times the CPU of `Http1Transport`. It uses the transport of
httpx without its client, so there are no redirects, cookies or added fields.

If ALPN selects HTTP/2, HTTP/2 is used, with limits that `Http2Transport` does not have:
an abandoned stream is not reset, a cancelled call leads to a new connection for later
calls, and a GOAWAY aborts the exchanges in flight. A read timeout of httpx would end
all exchanges on the connection. Timeouts are therefore measured here.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

from weir.gateway.clock import Clock
from weir.gateway.headers import Headers, header_values
from weir.gateway.transport.content_coding import decode_body
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamOverloaded,
    UpstreamProtocolError,
    UpstreamReplyTooLarge,
    UpstreamRequestInvalid,
    UpstreamTimeout,
)
from weir.gateway.transport.httpx.pools import HttpxPools
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.origin import Origin
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.transport.request_encoder import encode_request
from weir.gateway.transport.streams import NO_UPGRADE
from weir.gateway.transport.tls import FreshContext, TlsClient

_ERRORS: tuple[tuple[type[httpx.TransportError], type[UpstreamError]], ...] = (
    (httpx.ConnectTimeout, UpstreamConnectFailed),
    (httpx.PoolTimeout, UpstreamOverloaded),
    (httpx.TimeoutException, UpstreamTimeout),
    (httpx.ConnectError, UpstreamConnectFailed),
    (httpx.ProxyError, UpstreamConnectFailed),
    (httpx.UnsupportedProtocol, UpstreamConnectFailed),
    (httpx.NetworkError, UpstreamConnectionLost),
    (httpx.LocalProtocolError, UpstreamRequestInvalid),
    (httpx.RemoteProtocolError, UpstreamProtocolError),
)
_ENDED = ("disconnected", "closed connection")
"""The messages by which httpx reports a closed connection as a protocol error."""
_STATUSES: Final = range(200, 1000)
_LENGTH: Final = re.compile(rb"[0-9]{1,19}")


class HttpxTransport:
    """The transport to one origin through httpx's connection pool."""

    def __init__(self, origin: Origin, policy: TransportPolicy, clock: Clock) -> None:
        self._origin = origin
        self._clock = clock
        self._max_header_bytes = policy.max_header_bytes
        self._max_bytes = policy.max_response_bytes
        self._connect_s = policy.connect_s
        self._idle_s = policy.idle_s
        self._server_name = policy.tls.server_name
        verify = FreshContext.of(TlsClient(policy.tls, ("h2", "http/1.1")))
        connections = policy.connections

        def new_pool(idle_s: float) -> httpx.AsyncHTTPTransport:
            return httpx.AsyncHTTPTransport(
                verify=verify,
                http2=True,
                proxy=httpx.Proxy(policy.proxy) if policy.proxy else None,
                limits=httpx.Limits(
                    max_connections=connections.max_open,
                    max_keepalive_connections=connections.max_open,
                    keepalive_expiry=idle_s,
                ),
            )

        self._pools = HttpxPools(new_pool, connections.idle_s)

    async def call(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        hold: ReplyHold | None = None,
    ) -> UpstreamResponse:
        left_s = self._left(deadline_s)
        outgoing = self._request(request, headers, request.body, left_s)
        async with self._within(left_s, "no complete response in time"):
            response = await self._send(outgoing)
            body = await self._read(response, hold)
        lines, body = await decode_body(_headers(response), body, self._max_bytes)
        return UpstreamResponse(
            status=response.status_code,
            headers=lines,
            body=body,
            instance=self._origin.url,
        )

    async def open(
        self,
        request: UpstreamRequest,
        headers: Headers,
        deadline_s: float,
        body: AsyncIterable[bytes] | None = None,
    ) -> "HttpxStream":
        if request.upgrade:
            raise UpstreamRequestInvalid(NO_UPGRADE)
        content = request.body if body is None else body
        left_s = self._left(deadline_s)
        outgoing = self._request(request, headers, content, left_s)
        async with self._within(left_s, "no head of a response in time"):
            response = await self._send(outgoing)
            return HttpxStream(response, self._idle_s, self._origin.url)

    async def close(self) -> None:
        await self._pools.aclose()

    @asynccontextmanager
    async def _within(self, left_s: float, problem: str) -> AsyncGenerator[None]:
        """Raise UpstreamTimeout if the block takes longer."""
        limit = asyncio.timeout(left_s)
        try:
            async with limit:
                yield
        except (TimeoutError, UpstreamError, ValueError) as error:
            # A call over HTTP/2 that is cancelled early may end with another error:
            # "semaphore released too many times".
            if not (limit.expired() or isinstance(error, TimeoutError)):
                raise
            message = f"{self._origin.url}: {problem}"
            raise UpstreamTimeout(message) from error

    def _left(self, deadline_s: float) -> float:
        return deadline_s - self._clock.monotonic_s()

    def _request(
        self,
        request: UpstreamRequest,
        headers: Headers,
        content: bytes | AsyncIterable[bytes],
        wait_s: float,
    ) -> httpx.Request:
        encode_request(request, headers, self._origin.authority)  # validates
        timeout = httpx.Timeout(None, connect=self._connect_s, pool=max(wait_s, 0.001))
        extensions: dict[str, object] = {"timeout": timeout.as_dict()}
        if self._server_name:
            extensions["sni_hostname"] = self._server_name
        url = httpx.URL(
            scheme=self._origin.scheme,
            host=self._origin.host,
            port=self._origin.port,
            raw_path=request.path.encode("ascii"),
        )
        return httpx.Request(
            request.method,
            url,
            headers=[*headers, *_framing(request, content)],
            content=content or None if isinstance(content, bytes) else content,
            extensions=extensions,
        )

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await self._pools.send(request)
        except httpx.TransportError as error:
            raise mapped(error, self._origin.url) from error
        except ValueError as error:
            if _is_cancelled():
                raise
            # Over HTTP/2, httpx reads a status without a check of its form.
            message = f"not a status: {error}"
            raise UpstreamProtocolError(message) from error
        if problem := self._problem(response):
            await response.aclose()
            raise UpstreamProtocolError(problem)
        return response

    def _problem(self, response: httpx.Response) -> str:
        """Return what httpx accepts and we do not, or ""."""
        headers, status = _headers(response), response.status_code
        size = sum(len(name) + len(value) + 4 for name, value in headers)
        if size > self._max_header_bytes:
            return f"more than {self._max_header_bytes} bytes of headers"
        if status not in _STATUSES:
            return f"not a status: {status}"
        lengths = set(header_values(headers, b"content-length"))
        if len(lengths) > 1 or not all(map(_LENGTH.fullmatch, lengths)):
            return f"not a length: {sorted(lengths)}"
        return ""

    async def _read(self, response: httpx.Response, hold: ReplyHold | None) -> bytes:
        parts: list[bytes] = []
        room = self._max_bytes
        stream = HttpxStream(response, None, "")  # the call has a timeout
        try:
            async for part in stream:
                parts.append(part)
                room -= len(part)
                if room < 0:
                    message = f"more than {self._max_bytes} bytes of body"
                    raise UpstreamReplyTooLarge(message)
                if hold is not None:
                    hold.grow(self._max_bytes - room, len(parts))
            return b"".join(parts)
        finally:
            # httpx refers to this frame, in a reference cycle.
            parts.clear()
            await stream.aclose()


class HttpxStream:
    """A response of httpx, undecoded, whose errors are an `UpstreamError`.

    A silence of more than `idle_s` within the body is an `UpstreamTimeout`.
    """

    def __init__(
        self, response: httpx.Response, idle_s: float | None, instance: str
    ) -> None:
        self._response = response
        self._idle_s = idle_s
        self.instance = instance

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Headers:
        return _headers(self._response)

    @property
    def trailers(self) -> Headers:
        """No fields, as httpx drops them."""
        return ()

    @property
    def whole(self) -> None:
        """None, as the body is read from httpx in parts."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        stream = self._response.stream
        assert isinstance(stream, httpx.AsyncByteStream), "the transport is async"
        parts = aiter(stream)
        try:
            while True:
                async with asyncio.timeout(self._idle_s):
                    part = await anext(parts)
                yield part
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            message = f"no data within {self._idle_s} s"
            raise UpstreamTimeout(message) from error
        except httpx.TransportError as error:
            raise mapped(error, "while reading the body") from error

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        raise UpstreamRequestInvalid(NO_UPGRADE)

    def count(
        self, sent: int, received: int, frames_out: int = 0, frames_in: int = 0
    ) -> None:
        """Count nothing, as this transport never switches protocols."""

    async def aclose(self) -> None:
        await self._response.aclose()


def _framing(
    request: UpstreamRequest, content: bytes | AsyncIterable[bytes]
) -> Headers:
    """Return the fields that httpx would choose otherwise."""
    fields: Headers = ()
    if request.authority:
        fields = ((b"host", request.authority.encode()),)
    if request.length is not None and not isinstance(content, bytes):
        fields = (*fields, (b"content-length", b"%d" % request.length))
    return fields


def mapped(error: httpx.TransportError, where: str) -> UpstreamError:
    """Return the `UpstreamError` for an error of httpx."""
    message = f"{where}: {error}"
    if isinstance(error, httpx.RemoteProtocolError):
        text = str(error).lower()
        if any(phrase in text for phrase in _ENDED):
            return UpstreamConnectionLost(message)
    for theirs, ours in _ERRORS:
        if isinstance(error, theirs):
            return ours(message)
    return UpstreamProtocolError(message)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _headers(response: httpx.Response) -> Headers:
    return tuple((name.lower(), value) for name, value in response.headers.raw)
