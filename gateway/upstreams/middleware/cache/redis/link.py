"""Stays connected to Redis, and says so when it is not.

A connection counts once Redis has answered the handshake and `prepare` has succeeded
over it; it is lost with its socket, or when answers stop coming. Then it is tried
again, at pauses that grow to seconds.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Final, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink, SharedStoreChanged
from weir.gateway.upstreams.middleware.cache.redis.connection import (
    OnMessage,
    RedisConnection,
    RedisUnreachable,
)
from weir.gateway.upstreams.middleware.cache.redis.policy import RedisPolicy

_CONNECT_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0
_HEARTBEAT_S: Final = 1.0
_TOO_LATE: Final = "no answer in time"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Time, chance, and whom to tell."""

    clock: Clock
    rng: Random
    sink: EventSink


Prepare: TypeAlias = Callable[[RedisConnection], Awaitable[bool]]
"""Does what must be done before a connection is used, and again now and then."""


@dataclass(frozen=True, slots=True)
class LinkUser:
    """What hears of a link: messages of its channel, and its beginning and end."""

    channel: str
    on_message: OnMessage
    prepare: Prepare
    on_lost: Callable[[], None]


class RedisLink:
    """At most one connection at a time."""

    def __init__(
        self, place: RedisPolicy, user: LinkUser, surroundings: Surroundings
    ) -> None:
        self._connection: RedisConnection | None = None
        self._place = place
        self._user = user
        self._clock = surroundings.clock
        self._rng = surroundings.rng
        self._sink = surroundings.sink
        self._known = asyncio.Event()
        self._told: tuple[bool, str] | None = None
        self._staying: asyncio.Task[None] | None = None

    @property
    def connection(self) -> RedisConnection | None:
        """What Redis is asked by; None while it is away."""
        connection = self._connection
        return None if connection is None or connection.is_lost else connection

    async def start(self) -> None:
        """Connect, and stay so; returns once it is known whether Redis answers."""
        self._staying = asyncio.create_task(self._stay())
        self._staying.add_done_callback(lambda _: self._known.set())
        await self._known.wait()

    async def close(self) -> None:
        """Disconnect."""
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.wait({self._staying})

    async def _stay(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            connection = await self._open()
            if connection is not None:
                reason = await self._use(connection)
                if self._told is not None and self._told[0]:
                    pause_s = _FIRST_PAUSE_S
                self._tell(available=False, reason=reason)
            self._known.set()
            await asyncio.sleep(pause_s * self._rng.uniform(0.5, 1.0))
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _open(self) -> RedisConnection | None:
        place = self._place
        try:
            async with asyncio.timeout(_CONNECT_S):
                return await RedisConnection.open(
                    place.url, place.timeout_s, self._user.on_message
                )
        except TimeoutError:
            self._tell(available=False, reason=_TOO_LATE)
        except RedisUnreachable as error:
            self._tell(available=False, reason=str(error))
        return None

    async def _use(self, connection: RedisConnection) -> str:
        """Use a connection until it is lost; return why it was."""
        watching = asyncio.create_task(self._watch(connection))
        watching.add_done_callback(lambda _: connection.give_up(_TOO_LATE))
        try:
            return await connection.run()
        finally:
            self._connection = None
            self._user.on_lost()
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch(self, connection: RedisConnection) -> None:
        """Prepare, then let it be used for as long as its heart beats."""
        connection.subscribe(self._user.channel)
        if not await self._user.prepare(connection):
            connection.give_up(connection.refusal or _TOO_LATE)
            return
        self._connection = connection
        self._tell(available=True, reason="connected")
        self._known.set()
        while await _beats(connection):
            if connection.refusal:
                self._tell(available=True, reason=f"refused: {connection.refusal}")
            await self._user.prepare(connection)

    def _tell(self, *, available: bool, reason: str) -> None:
        """Tell of what has changed; while Redis is away, the first reason will do."""
        before, self._told = self._told, (available, reason)
        if before == self._told or (before and not before[0] and not available):
            return
        self._sink.emit(
            SharedStoreChanged(
                store="redis",
                available=available,
                reason=reason,
                at_s=self._clock.monotonic_s(),
            )
        )


async def _beats(connection: RedisConnection) -> bool:
    await asyncio.sleep(_HEARTBEAT_S)
    try:
        async with asyncio.timeout(_HEARTBEAT_S):
            await connection.ask_patiently("PING")
    except TimeoutError:
        return False
    return True
