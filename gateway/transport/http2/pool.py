"""The HTTP/2 connections to one origin, each shared by many exchanges.

There is one as long as that is enough: the next is opened where the peer allows no more
exchanges on those there are. Callers that come while one is being opened wait for it,
instead of opening one each.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from gateway.clock import Clock
from gateway.transport.http2.connection import Http2Connection
from gateway.upstreams.errors import (
    UpstreamError,
    UpstreamOverloaded,
    UpstreamTimeout,
)
from gateway.upstreams.policy import ConnectionPolicy

Connect: TypeAlias = Callable[
    [Callable[[Http2Connection], None]], Awaitable[Http2Connection]
]
"""Opens a connection; it calls the function given when it may have room."""


class SharedConnections:
    """Finds each exchange a connection."""

    def __init__(
        self, connect: Connect, policy: ConnectionPolicy, clock: Clock
    ) -> None:
        self._connect = connect
        self._policy = policy
        self._clock = clock
        self._connections: list[Http2Connection] = []
        self._dialing: asyncio.Task[UpstreamError | None] | None = None
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def open(self) -> int:
        return len(self._connections)

    async def acquire(self, deadline_s: float) -> Http2Connection:
        """Return a connection with room for an exchange, to be begun at once.

        Raises an `UpstreamError` where none can be opened, or no room is found by
        `deadline_s`.
        """
        while True:
            connection = self._with_room()
            if connection is not None:
                if connection.places > 1:
                    self._wake_one()  # there is room for the next as well
                return connection
            if self._dialing or len(self._connections) < self._policy.max_open:
                await self._dial(deadline_s)
            else:
                await self._wait(deadline_s)

    async def close(self) -> None:
        """Begin nothing more; each connection ends with its last exchange."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._dialing is not None:
            self._dialing.cancel()
            await asyncio.gather(self._dialing, return_exceptions=True)
        for connection in tuple(self._connections):
            connection.drain()

    def _with_room(self) -> Http2Connection | None:
        oldest_s = self._clock.monotonic_s() - self._policy.lifetime_s
        for connection in tuple(self._connections):
            if connection.opened_s < oldest_s and connection.has_been_used:
                connection.drain()
            elif connection.places:
                return connection
        return None

    async def _dial(self, deadline_s: float) -> None:
        """Take part in opening a connection."""
        if self._dialing is None:
            self._dialing = asyncio.create_task(self._open())
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                failure = await asyncio.shield(self._dialing)
        except TimeoutError as error:
            msg = "no connection by the deadline"
            raise UpstreamTimeout(msg) from error
        if failure is not None:
            raise type(failure)(failure.detail) from failure  # each judges its own

    async def _open(self) -> UpstreamError | None:
        """Open a connection; return what failed, for all who wait."""
        try:
            connection = await self._connect(self._changed)
        except UpstreamError as error:
            return error
        finally:
            self._dialing = None
        connection.opened_s = connection.idle_since_s = self._clock.monotonic_s()
        if connection.is_usable:
            self._connections.append(connection)
            self._sweep_later()
        return None

    async def _wait(self, deadline_s: float) -> None:
        """Wait until there may be room."""
        if len(self._waiters) >= self._policy.max_waiting:
            msg = f"{len(self._waiters)} calls wait for a connection"
            raise UpstreamOverloaded(msg)
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                await waiter
        except TimeoutError as error:
            self._pass_on(waiter)
            msg = f"all {len(self._connections)} connections stayed full"
            raise UpstreamOverloaded(msg) from error
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
        """A connection has more room, or is at its end."""
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
