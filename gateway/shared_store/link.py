"""The link to Redis, which reconnects and reports its state.

A connection is used once the handshake and `prepare` have succeeded. It is lost when
its socket is closed or replies stop. The link then reconnects, with delays that grow to
seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink, SharedStoreChanged
from weir.gateway.shared_store.connection import (
    OnMessage,
    RedisConnection,
    RedisUnreachable,
)
from weir.gateway.shared_store.policy import RedisPolicy

_CONNECT_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_HEARTBEAT_S: Final = 1.0
_NO_REPLY_IN_TIME: Final = "no reply in time"


Prepare: TypeAlias = Callable[[RedisConnection], Awaitable[bool]]
"""A function to call before a connection is used, and at each heartbeat."""


class RedisLink:
    """A link with at most one connection at a time.

    `on_message` gets the messages of `channel`. `on_lost` is called at the end of each
    connection.
    """

    def __init__(
        self,
        policy: RedisPolicy,
        channel: str,
        *,
        on_message: OnMessage,
        prepare: Prepare,
        on_lost: Callable[[], None],
        clock: Clock,
        rng: Random,
        sink: EventSink,
    ) -> None:
        self._connection: RedisConnection | None = None
        self._policy = policy
        self._channel = channel
        self._on_message = on_message
        self._prepare = prepare
        self._on_lost = on_lost
        self._clock = clock
        self._rng = rng
        self._sink = sink
        self._first_result = asyncio.Event()
        self._reported: tuple[bool, str] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def connection(self) -> RedisConnection | None:
        """The connection, or None while Redis is unavailable."""
        connection = self._connection
        return None if connection is None or connection.is_lost else connection

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
                    self._policy.url, self._policy.timeout_s, self._on_message
                )
        except TimeoutError:
            self._report(available=False, reason=_NO_REPLY_IN_TIME)
        except RedisUnreachable as error:
            self._report(available=False, reason=str(error))
        return None

    async def _use(self, connection: RedisConnection) -> str:
        """Use a connection until it is lost; return the reason."""
        watching = asyncio.create_task(self._watch(connection))
        watching.add_done_callback(lambda _: connection.give_up(_NO_REPLY_IN_TIME))
        try:
            return await connection.run()
        finally:
            self._connection = None
            self._on_lost()
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch(self, connection: RedisConnection) -> None:
        """Prepare a connection, and provide it until a heartbeat fails."""
        connection.subscribe(self._channel)
        if not await self._prepare(connection):
            connection.give_up(connection.last_error or _NO_REPLY_IN_TIME)
            return
        self._connection = connection
        self._report(available=True, reason="connected")
        self._first_result.set()
        while await _responds(connection):
            if connection.last_error:
                self._report(available=True, reason=f"error: {connection.last_error}")
            await self._prepare(connection)

    def _report(self, *, available: bool, reason: str) -> None:
        """Emit a change; while Redis is unavailable, emit the first reason only."""
        before, self._reported = self._reported, (available, reason)
        if before == self._reported or (before and not before[0] and not available):
            return
        self._sink.emit(
            SharedStoreChanged(
                store="redis",
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
