"""The Redis that gateways share, with one connection that is opened again.

A connection is used once the handshake and all users have prepared it. It is lost when
its socket is closed or replies stop. It is then opened again, with delays that grow to
seconds. Changes of this state are reported once, in the log and in a metric.
"""

import asyncio
from random import Random
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink, SharedStoreChanged, SharedStoreFallback
from weir.gateway.shared_store.connection import (
    RedisConnection,
    RedisUnreachable,
)
from weir.gateway.shared_store.policy import SharedStorePolicy
from weir.gateway.shared_store.user import StoreUser

_STORE: Final = "redis"
_CONNECT_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_HEARTBEAT_S: Final = 1.0
_NO_REPLY_IN_TIME: Final = "no reply in time"
_CONNECTED: Final = "connected"
_SLOW_SHARE: Final = 0.5
_USUAL_SHARE: Final = 0.1
"""Shares of late replies in one second, above which Redis is slow, below which not."""


class SharedStore:
    """The store of all gateways with the same prefix; start and close it in the loop.

    It has at most one connection at a time. Without one, or without a reply by the
    deadline, each user continues with what this process knows.
    """

    def __init__(
        self, policy: SharedStorePolicy, *, clock: Clock, rng: Random, sink: EventSink
    ) -> None:
        self.policy = policy
        self._users: list[StoreUser] = []
        self._connection: RedisConnection | None = None
        self._clock = clock
        self._rng = rng
        self._sink = sink
        self._receive_fallback = sink.receiver(SharedStoreFallback)
        self._first_result = asyncio.Event()
        self._reported: tuple[bool, str] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def connection(self) -> RedisConnection | None:
        """The connection, or None while Redis is unavailable."""
        connection = self._connection
        return None if connection is None or connection.is_lost else connection

    def join(self, user: StoreUser) -> None:
        """Add a user, before `start`."""
        self._users.append(user)

    def fall_back(self, user: str) -> None:
        """Count that `user` had to continue without the store."""
        if self._receive_fallback is not None:
            self._receive_fallback(SharedStoreFallback(store=_STORE, user=user))

    async def start(self) -> None:
        """Connect and remain connected; return after the first attempt."""
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(lambda _: self._first_result.set())
        await self._first_result.wait()

    async def close(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            connection = await self._open()
            if connection is not None:
                reason = await self._use(connection)
                if self._reported is not None and self._reported[0]:
                    pause_s = _FIRST_PAUSE_S
                self._report(available=False, reason=reason)
            self._first_result.set()
            await asyncio.sleep(pause_s * self._rng.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _open(self) -> RedisConnection | None:
        try:
            async with asyncio.timeout(_CONNECT_S):
                return await RedisConnection.open(
                    self.policy.url, self.policy.timeout_s, self._receive
                )
        except TimeoutError:
            self._report(available=False, reason=_NO_REPLY_IN_TIME)
        except RedisUnreachable as error:
            self._report(available=False, reason=str(error))
        return None

    def _receive(self, channel: str, message: bytes) -> None:
        for user in self._users:
            if user.channel == channel:
                user.receive(message)

    async def _use(self, connection: RedisConnection) -> str:
        """Use a connection until it is lost; return the reason."""
        watching = asyncio.create_task(self._watch(connection))
        watching.add_done_callback(lambda _: connection.give_up(_NO_REPLY_IN_TIME))
        try:
            return await connection.run()
        finally:
            self._connection = None
            for user in self._users:
                user.lose()
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch(self, connection: RedisConnection) -> None:
        """Prepare a connection, and provide it until a heartbeat fails."""
        for user in self._users:
            if user.channel:
                connection.subscribe(user.channel)
        if not await self._prepare(connection):
            connection.give_up(connection.last_error or _NO_REPLY_IN_TIME)
            return
        self._connection = connection
        self._report(available=True, reason=_CONNECTED)
        self._first_result.set()
        while await _responds(connection):
            self._report_quality(connection)
            await self._prepare(connection)

    async def _prepare(self, connection: RedisConnection) -> bool:
        for user in self._users:
            if not await user.prepare(connection):
                return False
        return True

    def _report_quality(self, connection: RedisConnection) -> None:
        """Emit that replies are late or errors, or that they no longer are."""
        late = connection.share_of_late_replies()
        if connection.last_error:
            self._report(available=True, reason=f"error: {connection.last_error}")
        elif late > _SLOW_SHARE:
            deadline = f"{1000 * self.policy.timeout_s:g} ms"
            self._report(available=True, reason=f"slow: replies after {deadline}")
        elif late < _USUAL_SHARE:
            self._report(available=True, reason=_CONNECTED)

    def _report(self, *, available: bool, reason: str) -> None:
        """Emit a change; while Redis is unavailable, emit the first reason only."""
        before, self._reported = self._reported, (available, reason)
        if before == self._reported or (before and not before[0] and not available):
            return
        self._sink.emit(
            SharedStoreChanged(
                store=_STORE,
                available=available,
                reason=reason,
                at_s=self._clock.monotonic_s(),
            )
        )


async def _responds(connection: RedisConnection) -> bool:
    await asyncio.sleep(_HEARTBEAT_S)
    try:
        async with asyncio.timeout(_HEARTBEAT_S):
            await connection.send_untimed("PING")
    except TimeoutError:
        return False
    return True
