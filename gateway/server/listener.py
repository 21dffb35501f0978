"""One listening socket and its connections, from bind to the last answer."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Self

from uvicorn import Config

from weir.gateway.clock import Clock
from weir.gateway.edge.asgi import ASGIApp
from weir.gateway.server.address import Address
from weir.gateway.server.errors import ListenError
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.protocol import FrontProtocol, ListenerState

_BACKLOG = 2048
_POLL_S = 0.05
# Connections that were accepted as the listener closed get this long to ask.
_LAST_WORDS_S = 0.2
_ABORT_S = 0.25


@dataclass(frozen=True, slots=True)
class BoundSocket:
    """A socket that owns its address but does not listen yet."""

    socket: socket.socket
    address: Address


def bind(address: Address) -> BoundSocket:
    """Take an address; raises ListenError. Port 0 takes any free one."""
    try:
        family, kind, proto, _, where = socket.getaddrinfo(
            address.host,
            address.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )[0]
        bound = socket.socket(family, kind, proto)
    except OSError as error:
        raise ListenError(address, error) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(where)
    except OSError as error:
        bound.close()
        raise ListenError(address, error) from error
    port: int = bound.getsockname()[1]
    return BoundSocket(bound, Address(address.host, port))


class Listener:
    """Serves one ASGI application on one socket."""

    def __init__(
        self,
        app: ASGIApp,
        limits: ConnectionLimits,
        clock: Clock,
        refused: Callable[[str], None],
    ) -> None:
        self._config = Config(
            app,
            http=FrontProtocol,
            lifespan="off",
            ws="none",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
        )
        self._config.load()
        self._state = ListenerState(limits, clock, refused)
        self._clock = clock
        self.cut_off = False
        self._server: asyncio.Server | None = None
        self._socket: socket.socket | None = None
        self._date_timer: asyncio.TimerHandle | None = None

    @property
    def connections(self) -> int:
        return len(self._state.connections)

    @property
    def requests(self) -> int:
        return len(self._state.tasks)

    async def open(self, bound: BoundSocket) -> Self:
        """Listen; raises ListenError where another process was faster."""
        loop = asyncio.get_running_loop()
        self._set_date(loop)
        try:
            self._server = await loop.create_server(
                self._protocol, sock=bound.socket, backlog=_BACKLOG
            )
        except OSError as error:
            raise ListenError(bound.address, error) from error
        self._socket = bound.socket
        return self

    def drain(self) -> None:
        """Go on serving, but ask every client to come back elsewhere."""
        self._state.draining = True
        for connection in self._front_connections():
            connection.drain()

    async def close(self, grace_s: float) -> None:
        """Stop listening, finish what is in flight; `cut_off` tells if it was not."""
        if self._server is None:
            return
        self.drain()
        queued = self._take_queued()
        self._server.close()
        await self._serve_accepted(queued)
        if not await self._finish(grace_s):
            self.cut_off = True
            await self._abort()
        if self._date_timer is not None:
            self._date_timer.cancel()

    def _protocol(self) -> FrontProtocol:
        return FrontProtocol(self._config, self._state, asyncio.get_running_loop())

    def _take_queued(self) -> list[socket.socket]:
        """Accept what has connected and not been seen yet.

        Its clients hold these connections to be open, and may have asked already; the
        kernel resets them when the socket closes, so nothing may be awaited between.
        """
        listening, self._socket = self._socket, None
        taken: list[socket.socket] = []
        with contextlib.suppress(OSError):
            while listening is not None:
                taken.append(listening.accept()[0])
        return taken

    async def _serve_accepted(self, accepted: list[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        for connection in accepted:
            with contextlib.suppress(OSError):
                await loop.connect_accepted_socket(self._protocol, connection)

    async def _finish(self, grace_s: float) -> bool:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        last_words_s, end_s = now_s + _LAST_WORDS_S, now_s + grace_s
        while self.connections or self.requests:
            if loop.time() >= end_s:
                return False
            await asyncio.sleep(_POLL_S)
            if loop.time() >= last_words_s:
                for connection in self._front_connections():
                    connection.shutdown()
        return True

    async def _abort(self) -> None:
        """Reset what is left; its applications see their clients leave."""
        for connection in self._front_connections():
            connection.transport.abort()
        await asyncio.sleep(_ABORT_S)
        tasks = tuple(self._state.tasks)
        for task in tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(
                asyncio.gather(*tasks, return_exceptions=True), _ABORT_S
            )

    def _front_connections(self) -> tuple[FrontProtocol, ...]:
        return tuple(
            connection
            for connection in self._state.connections
            if isinstance(connection, FrontProtocol)
        )

    def _set_date(self, loop: asyncio.AbstractEventLoop) -> None:
        date = formatdate(self._clock.epoch_s(), usegmt=True).encode()
        self._state.default_headers = [(b"date", date)]
        self._date_timer = loop.call_later(1.0, self._set_date, loop)
