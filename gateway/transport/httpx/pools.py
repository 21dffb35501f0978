"""The connection pool of httpx to one origin, which is replaced if it has to be.

httpx has one idle time for all connections of a pool. When a service announces a
shorter one (`Keep-Alive: timeout=`), later calls use a new pool with that time, so that
no call meets a connection that is about to close.

A call that is cancelled in a TLS handshake or over HTTP/2 may leave a connection that
cannot be used (`call_events`). Later calls use a new pool then, too.

An old pool is closed after its last call.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx

from weir.gateway.transport.http1.keep_alive import idle_limit_s
from weir.gateway.transport.httpx.call_events import CallEvents


class HttpxPools:
    """The pool for new calls, and the old ones that still have calls.

    The idle time only becomes shorter. Times are whole seconds, so that the number of
    pools is limited.
    """

    def __init__(
        self, new_pool: Callable[[float], httpx.AsyncHTTPTransport], idle_s: float
    ) -> None:
        self._new_pool = new_pool
        self._idle_s = idle_s
        self._current = _Pool(new_pool(idle_s))
        self._old: set[_Pool] = set()

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Return a response, whose body is not read. The caller has to close it.

        Raises the errors of `httpx.AsyncHTTPTransport`.
        """
        pool = self._current
        pool.calls += 1
        events = CallEvents()
        request.extensions = {**request.extensions, "trace": events}
        try:
            response = await pool.transport.handle_async_request(request)
        except asyncio.CancelledError:
            # There are steps over HTTP/2 that have no event.
            events.cancelled |= pool.http2 or events.http2
            await self._end(pool, events)
            raise
        except BaseException:
            await self._end(pool, events)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream), "it is async"
        response.stream = _CountedBody(response.stream, lambda: self._end(pool, events))
        pool.http2 |= events.http2
        self._shorten_idle_time(response)
        return response

    async def aclose(self) -> None:
        for pool in (*self._old, self._current):
            await pool.transport.aclose()

    def _shorten_idle_time(self, response: httpx.Response) -> None:
        """Use another pool if the service closes idle connections earlier."""
        lines = ((name.lower(), value) for name, value in response.headers.raw)
        idle_s = idle_limit_s(lines, self._idle_s)
        if idle_s < self._idle_s:
            self._idle_s = idle_s
            self._replace_current()

    def _replace_current(self) -> None:
        self._old.add(self._current)
        self._current = _Pool(self._new_pool(self._idle_s))

    async def _end(self, pool: "_Pool", events: CallEvents) -> None:
        pool.calls -= 1
        if events.cancelled and pool is self._current:
            self._replace_current()
        if not pool.calls and pool in self._old:
            self._old.remove(pool)
            await pool.transport.aclose()


class _Pool:
    """A pool, the number of its calls, and whether one of them used HTTP/2."""

    __slots__ = ("calls", "http2", "transport")

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self.transport = transport
        self.calls = 0
        self.http2 = False


class _CountedBody(httpx.AsyncByteStream):
    """A body that reports the end of its call. httpx closes it once."""

    def __init__(
        self, body: httpx.AsyncByteStream, end: Callable[[], Awaitable[None]]
    ) -> None:
        self._body = body
        self._end = end

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)

    async def aclose(self) -> None:
        try:
            await self._body.aclose()
        finally:
            await self._end()
