"""The HTTP/2 connections to one origin, each shared by many exchanges.

Another connection is opened only when the peer allows no more exchanges on the open
ones. Callers that arrive during this wait for the new connection. If they leave, it is
opened nevertheless: the next caller needs it as well, and the connect timeout limits
the time.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.concurrency.single_flight import (
    SharedCallCancelled,
    SingleFlight,
    WaitExpired,
)
from weir.gateway.transport.errors import (
    UpstreamConnectFailed,
    UpstreamOverloaded,
    UpstreamTimeout,
)
from weir.gateway.transport.http2.connection import Http2Connection
from weir.gateway.transport.policy import ConnectionPolicy

Connect: TypeAlias = Callable[
    [Callable[[Http2Connection], None]], Awaitable[Http2Connection]
]
"""A function that opens a connection, which calls the argument on a change."""


class SharedConnections:
    """The connections to one origin, shared by concurrent exchanges."""

    def __init__(
        self, connect: Connect, policy: ConnectionPolicy, clock: Clock
    ) -> None:
        self._connect = connect
        self._policy = policy
        self._clock = clock
        self._connections: list[Http2Connection] = []
        self._dialing = SingleFlight[None, None](max_unwaited=1)
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def open(self) -> int:
        return len(self._connections)

    async def acquire(self, deadline_s: float) -> Http2Connection:
        """Return a connection on which the caller must begin an exchange at once.

        Raise an `UpstreamError` if no connection can be opened, or if all are full
        until `deadline_s`.
        """
        while True:
            connection = self._with_room()
            if connection is not None:
                if connection.free_streams > 1:
                    self._wake_one()  # another exchange may begin as well
                return connection
            if len(self._dialing) or len(self._connections) < self._policy.max_open:
                await self._dial(deadline_s)
            else:
                await self._wait(deadline_s)

    async def close(self) -> None:
        """Begin no more exchanges; close each connection after its last one."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        await self._dialing.close()
        for connection in tuple(self._connections):
            connection.drain()

    def _with_room(self) -> Http2Connection | None:
        oldest_s = self._clock.monotonic_s() - self._policy.lifetime_s
        for connection in tuple(self._connections):
            if connection.opened_s < oldest_s and connection.has_been_used:
                connection.drain()
            elif connection.free_streams:
                return connection
        return None

    async def _dial(self, deadline_s: float) -> None:
        """Open a connection, shared by all callers that wait for one."""
        left_s = deadline_s - self._clock.monotonic_s()
        try:
            await self._dialing.run(None, self._open, left_s)
        except WaitExpired as error:
            message = "no connection by the deadline"
            raise UpstreamTimeout(message) from error
        except SharedCallCancelled as error:
            message = "the connections to this instance were closed"
            raise UpstreamConnectFailed(message) from error

    async def _open(self) -> None:
        connection = await self._connect(self._changed)
        connection.opened_s = connection.idle_since_s = self._clock.monotonic_s()
        if connection.is_usable:
            self._connections.append(connection)
            self._sweep_later()

    async def _wait(self, deadline_s: float) -> None:
        """Wait until an exchange may begin."""
        if len(self._waiters) >= self._policy.max_waiting:
            message = f"{len(self._waiters)} calls wait for a connection"
            raise UpstreamOverloaded(message)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                await waiter
        except TimeoutError as error:
            self._pass_on(waiter)
            message = f"all {len(self._connections)} connections remained full"
            raise UpstreamOverloaded(message) from error
        except asyncio.CancelledError:
            self._pass_on(waiter)
            raise

    def _pass_on(self, waiter: "asyncio.Future[None]") -> None:
        if waiter.done() and not waiter.cancelled():
            self._wake_one()
        elif waiter in self._waiters:
            self._waiters.remove(waiter)

    def _wake_one(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _changed(self, connection: Http2Connection) -> None:
        """Wake waiters, as a connection has a free stream or has ended."""
        if connection.is_idle:
            connection.idle_since_s = self._clock.monotonic_s()
        if not connection.is_open and connection in self._connections:
            self._connections.remove(connection)
        self._wake_one()

    def _sweep_later(self) -> None:
        if self._sweeper is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._sweeper = loop.call_later(self._policy.idle_s / 2, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        horizon_s = self._clock.monotonic_s() - self._policy.idle_s
        for connection in tuple(self._connections):
            if connection.is_idle and connection.idle_since_s < horizon_s:
                connection.drain()
        if self._connections:
            self._sweep_later()
