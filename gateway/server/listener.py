"""One listening socket and its connections, from bind to the last response."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, TypedDict

from weir.gateway.clock import Clock, SystemClock
from weir.gateway.edge.exchange import Handler
from weir.gateway.events import EventSink, SecurityDecision
from weir.gateway.server.accept_loop import AcceptLoop, AcceptShare, WholeShare
from weir.gateway.server.address import Address
from weir.gateway.server.connection.admission import Verdict
from weir.gateway.server.connection.listener_state import ListenerState
from weir.gateway.server.connection.protocol import ClientProtocol
from weir.gateway.server.errors import ListenError
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.tls import ServerTls, TlsServer

_BACKLOG = 2048
_POLL_S = 0.05
# Connections that were accepted as the listener closed have this long for a request.
_LAST_REQUEST_S = 0.2
_ABORT_S = 0.25
_TLS_CLOSE_S = 1.0
_HANDSHAKE_FAILED = "TLS_HANDSHAKE_FAILED"


class _Secured(TypedDict, total=False):
    """The arguments of a connection with TLS."""

    ssl: ssl.SSLContext
    ssl_handshake_timeout: float
    ssl_shutdown_timeout: float


@dataclass(frozen=True, slots=True)
class BoundSocket:
    """A socket that owns its address but does not listen yet."""

    socket: socket.socket
    address: Address


def bind(address: Address) -> BoundSocket:
    """Take an address; raise ListenError. Port 0 takes any free one."""
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


def adopt(opened: socket.socket, host: str) -> BoundSocket:
    """Return a socket that another process has bound, for requests to `host`."""
    port: int = opened.getsockname()[1]
    return BoundSocket(opened, Address(host, port))


class Listener:
    """A listener that serves one handler on one socket.

    Another process may listen on it too; `share` decides which of them accepts. With
    `tls`, a connection counts and has a time limit from its accept.
    """

    def __init__(
        self,
        handler: Handler,
        limits: ConnectionLimits,
        clock: Clock,
        refused: Callable[[str], None],
        share: AcceptShare | None = None,
        *,
        tls: TlsServer | None = None,
    ) -> None:
        self._tls = tls
        self._share = share or WholeShare()
        self._state = ListenerState(handler, limits, clock, refused, self._share.count)
        self._accepting: AcceptLoop | None = None
        self._connecting: set[asyncio.Task[None]] = set()
        self._date_timer: asyncio.TimerHandle | None = None
        self.cut_off = False

    @property
    def connections(self) -> int:
        return len(self._state.connections)

    @property
    def requests(self) -> int:
        return len(self._state.exchanges)

    @property
    def received_bytes(self) -> int:
        """The bytes of bodies, and of requests sent ahead, that wait to be used."""
        return self._state.memory.used

    async def open(self, bound: BoundSocket) -> Self:
        """Listen; raise ListenError if another process was faster."""
        loop = asyncio.get_running_loop()
        try:
            bound.socket.listen(_BACKLOG)
        except OSError as error:
            raise ListenError(bound.address, error) from error
        bound.socket.setblocking(False)  # noqa: FBT003 - its signature
        self._accepting = AcceptLoop(bound.socket, loop, self._accepted, self._share)
        self._share.count(self.connections)
        self._renew_date(loop)
        return self

    def drain(self) -> None:
        """Serve on, but end each connection with its next response."""
        self._state.draining = True

    def leave(self) -> None:
        """Drain, and accept no further connection; other processes get them."""
        self.drain()
        if self._accepting is not None:
            self._accepting.leave()
            self._accepting = None

    async def close(self, grace_s: float) -> None:
        """Stop listening and finish what is in progress; else set `cut_off`."""
        self.drain()
        if self._accepting is not None:
            self._accepting.stop()
            self._accepting = None
        if not await self._finish(grace_s):
            self.cut_off = True
            await self._abort()
        if self._date_timer is not None:
            self._date_timer.cancel()

    def _accepted(self, connection: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        connection.setblocking(False)  # noqa: FBT003 - its signature
        protocol = ClientProtocol(self._state, loop, address)
        if protocol.verdict is Verdict.DROPPED:
            protocol.forget()
            connection.close()
            return
        task = loop.create_task(self._connect(loop, protocol, connection))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(
        self,
        loop: asyncio.AbstractEventLoop,
        protocol: ClientProtocol,
        connection: socket.socket,
    ) -> None:
        secured: _Secured = {}
        if self._tls is not None:
            secured = {
                "ssl": self._tls.context(),
                "ssl_handshake_timeout": self._state.limits.head_s,
                "ssl_shutdown_timeout": _TLS_CLOSE_S,
            }
        try:
            await loop.connect_accepted_socket(lambda: protocol, connection, **secured)
        except BaseException as error:
            protocol.forget()
            connection.close()
            # The client has left in the meantime, or the handshake has failed.
            if not isinstance(error, OSError):
                raise
            if self._tls is not None:
                self._state.refused(_HANDSHAKE_FAILED)

    async def _finish(self, grace_s: float) -> bool:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        last_request_s, end_s = now_s + _LAST_REQUEST_S, now_s + grace_s
        while self._connecting or self.connections or self.requests:
            if loop.time() >= end_s:
                return False
            await asyncio.sleep(_POLL_S)
            if loop.time() >= last_request_s:
                # Only handshakes of TLS take so long.
                for task in tuple(self._connecting):
                    task.cancel()
                for connection in tuple(self._state.connections):
                    connection.shut_down()
        return True

    async def _abort(self) -> None:
        """Reset what is left; its handlers see their clients leave."""
        for connection in tuple(self._state.connections):
            connection.abort()
        await asyncio.sleep(_ABORT_S)
        tasks = (*self._connecting, *self._state.exchanges.values())
        for task in tasks:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(
                asyncio.gather(*tasks, return_exceptions=True), _ABORT_S
            )

    def _renew_date(self, loop: asyncio.AbstractEventLoop) -> None:
        self._state.set_date()
        self._date_timer = loop.call_later(1.0, self._renew_date, loop)


def new_listener(
    handler: Handler,
    limits: ConnectionLimits,
    sink: EventSink,
    share: AcceptShare | None = None,
    tls: ServerTls | None = None,
) -> Listener:
    """Return a listener that emits an event for each connection that it refuses.

    Raise OSError for files of TLS that cannot be used.
    """

    def refused(code: str) -> None:
        sink.emit(SecurityDecision(request_id="", decision="refused", reason=code))

    secured = TlsServer(tls) if tls else None
    return Listener(handler, limits, SystemClock(), refused, share, tls=secured)
