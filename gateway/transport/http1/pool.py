"""A bounded pool of connections to one origin.

The most recently used connection is used first, so that the others become idle and are
closed. At the limit of connections, callers wait in order of arrival, each until its
deadline. A caller holds a slot from `acquire` to `release`; the slot belongs to the
connection, or to the attempt to open one.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.transport.errors import UpstreamOverloaded
from weir.gateway.transport.http1.connection import Connection
from weir.gateway.transport.http1.keep_alive import idle_limit_s
from weir.gateway.transport.policy import ConnectionPolicy

Connect: TypeAlias = Callable[
    [Callable[[Connection], None], float], Awaitable[Connection]
]
"""A function that opens a connection; the connection calls the argument when lost."""


class ConnectionPool:
    """The connections to one origin, reused by later requests."""

    __slots__ = (
        "_clock",
        "_closed",
        "_connect",
        "_idle",
        "_policy",
        "_sweeper",
        "_waiters",
        "open",
    )

    def __init__(
        self, connect: Connect, policy: ConnectionPolicy, clock: Clock
    ) -> None:
        self._connect = connect
        self._policy = policy
        self._clock = clock
        self._idle: deque[Connection] = deque()
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._closed = False
        self.open = 0

    @property
    def idle(self) -> int:
        return len(self._idle)

    async def acquire(self, deadline_s: float) -> Connection:
        """Return a connection for one exchange; the caller must `release` it."""
        now_s = self._clock.monotonic_s()
        while self._idle:
            idle = self._idle.pop()
            if idle.is_open and idle.expires_s >= now_s:
                return idle
            idle.abort()
            self.open -= 1
        if self.open >= self._policy.max_open:
            connection = await self._wait(deadline_s)
            if connection is not None:
                return connection
        else:
            self.open += 1
        return await self._fill_slot(deadline_s)

    async def acquire_new(self, deadline_s: float) -> Connection:
        """Return a new connection; the caller must `release` it."""
        if self.open >= self._policy.max_open and self._idle:
            self._idle.popleft().abort()
            self.open -= 1
        if self.open < self._policy.max_open:
            self.open += 1
            return await self._fill_slot(deadline_s)
        return await self.acquire(deadline_s)

    def release(self, connection: Connection) -> None:
        """Return a connection to the pool after its exchange, complete or not."""
        now_s = self._clock.monotonic_s()
        too_old = now_s - connection.opened_s > self._policy.lifetime_s
        if self._closed or too_old or not connection.reply.reusable:
            connection.abort()
            self._free_slot()
        elif not (self._waiters and self._hand_over(connection)):
            idle_s = idle_limit_s(connection.reply.lines, self._policy.idle_s)
            connection.expires_s = now_s + idle_s
            self._idle.append(connection)
            if self._sweeper is None:
                self._sweep_later()

    def close(self) -> None:
        """Close idle connections; those in use are closed on their release."""
        self._closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        while self._idle:
            self._idle.pop().abort()
            self.open -= 1

    async def _fill_slot(self, deadline_s: float) -> Connection:
        try:
            connection = await self._connect(self._forget_idle, deadline_s)
        except BaseException:
            self._free_slot()
            raise
        connection.opened_s = self._clock.monotonic_s()
        return connection

    async def _wait(self, deadline_s: float) -> Connection | None:
        """Wait for a connection, or for a free slot (None)."""
        if len(self._waiters) >= self._policy.max_waiting:
            message = f"{len(self._waiters)} calls wait for a connection"
            raise UpstreamOverloaded(message)
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Connection | None] = loop.create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(deadline_s - self._clock.monotonic_s()):
                return await waiter
        except TimeoutError as error:
            self._return_unused(waiter)
            message = f"all {self._policy.max_open} connections remained in use"
            raise UpstreamOverloaded(message) from error
        except asyncio.CancelledError:
            self._return_unused(waiter)
            raise

    def _return_unused(self, waiter: "asyncio.Future[Connection | None]") -> None:
        """Release the connection or slot of a waiter that has left in the meantime."""
        if waiter.cancelled() or not waiter.done():
            return
        connection = waiter.result()
        if connection is None:
            self._free_slot()
        else:
            self.release(connection)

    def _hand_over(self, connection: Connection | None) -> bool:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return True
        return False

    def _free_slot(self) -> None:
        if not self._hand_over(None):
            self.open -= 1

    def _forget_idle(self, connection: Connection) -> None:
        """Remove a lost connection; one in use is removed on its release."""
        if connection in self._idle:
            self._idle.remove(connection)
            self._free_slot()

    def _sweep_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(self._policy.idle_s / 2, self._sweep)

    def _sweep(self) -> None:
        self._sweeper = None
        now_s = self._clock.monotonic_s()
        for connection in [each for each in self._idle if each.expires_s < now_s]:
            self._idle.remove(connection)
            connection.abort()
            self.open -= 1
        if self._idle:
            self._sweep_later()
