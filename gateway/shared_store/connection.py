"""The connection to Redis, shared by all requests of a process.

A call of a Redis client takes more CPU than a light request to the gateway. So all
commands of one turn of the event loop are sent in one write, and replies are assigned
in order (pipelining). The messages of other processes arrive on the same connection
(RESP3): an invalidation that follows a reply is therefore received after that reply.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Final, Protocol, Self, TypeAlias, cast

from hiredis import PushNotification
from redis.asyncio.connection import ConnectionPool
from redis.exceptions import RedisError, ResponseError

_MAX_WAITING: Final = 10_000
_MAX_SILENT_TIMEOUTS: Final = 4
_LEAST_SILENCE_S: Final = 0.2
"""The time without replies after which the connection is closed: so many timeouts, but
not less than this."""


class NoReply(Enum):
    """The substitute for a reply that was late or an error."""

    NO_REPLY = "no reply"


NO_REPLY: Final = NoReply.NO_REPLY
Argument: TypeAlias = bytes | str | int
Command: TypeAlias = tuple[Argument, ...]
Reply: TypeAlias = "asyncio.Future[object]"
OnMessage: TypeAlias = Callable[[str, bytes], None]
"""Gets the channel of a message, and the message."""
OnReply: TypeAlias = Callable[[object], None]


class RedisUnreachable(Exception):
    """A failure to connect to Redis, with the reason as its text."""


class _Wire(Protocol):
    """The used part of redis-py's connection, whose types are partly unknown."""

    async def connect(self) -> None: ...

    async def disconnect(self, *, nowait: bool) -> None: ...

    def pack_commands(self, commands: Iterable[Command]) -> list[bytes]: ...

    async def send_packed_command(
        self, command: list[bytes], *, check_health: bool
    ) -> None: ...

    async def read_response(
        self,
        *,
        timeout: float,  # noqa: ASYNC109 - the name in redis-py
        push_request: bool,
    ) -> object: ...


def _wire(url: str) -> _Wire:
    from_url = cast("Callable[..., _Wires]", ConnectionPool.from_url)  # pyright: ignore[reportUnknownMemberType] - see _Wire
    return from_url(
        url, protocol=3, socket_timeout=None, socket_connect_timeout=None
    ).make_connection()


class _Wires(Protocol):
    def make_connection(self) -> _Wire: ...


class RedisConnection:
    """A pipelined connection; a late or failed reply is NO_REPLY, not an exception."""

    def __init__(
        self, connection: _Wire, timeout_s: float, on_message: OnMessage
    ) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._batch: list[Command] = []
        self._timed: list[Reply] = []
        self._waiting: deque[tuple[Reply, OnReply | None]] = deque()
        self._has_commands = asyncio.Event()
        self._given_up: Reply = self._loop.create_future()
        self._is_silent = False
        self._replies = 0
        self._timed_calls = 0
        self._late_calls = 0
        self.last_error = ""
        """The last error reply of Redis, such as OutOfMemoryError."""

    @classmethod
    async def open(cls, url: str, timeout_s: float, on_message: OnMessage) -> Self:
        """Connect and authenticate; raise RedisUnreachable on a failure."""
        connection = _wire(url)
        connected = False
        try:
            await connection.connect()
            connected = True
        except (RedisError, OSError) as error:
            raise RedisUnreachable(str(error) or type(error).__name__) from error
        finally:
            if not connected:
                await connection.disconnect(nowait=True)
        return cls(connection, timeout_s, on_message)

    def send(self, *command: Argument, on_late: OnReply | None = None) -> Reply:
        """Send a command; return its future reply, NO_REPLY after the timeout.

        `on_late` gets a reply that comes after that. After a timeout, commands are not
        sent until Redis replies again, so that a request waits for one timeout only.
        """
        self._timed_calls += 1
        if self._is_silent:
            self._late_calls += 1
            return self._no_reply()
        if not self._timed:
            self._timed = []
            self._loop.call_later(self._timeout_s, self._read_first, self._timed)
        reply = self.send_untimed(*command, on_late=on_late)
        self._timed.append(reply)
        return reply

    def send_untimed(self, *command: Argument, on_late: OnReply | None = None) -> Reply:
        """Send a command; return its future reply, without a timeout."""
        if len(self._waiting) >= _MAX_WAITING or self.is_lost:
            return self._no_reply()
        reply: Reply = self._loop.create_future()
        self._batch.append(command)
        self._waiting.append((reply, on_late))
        self._has_commands.set()
        return reply

    @property
    def is_silent(self) -> bool:
        """Whether a reply is late, so that calls get NO_REPLY at once."""
        return self._is_silent

    def share_of_late_replies(self) -> float:
        """Return the share of late calls since the last time, 0 to 1."""
        timed, late = self._timed_calls, self._late_calls
        self._timed_calls = self._late_calls = 0
        return late / timed if timed else 0.0

    def _no_reply(self) -> Reply:
        reply: Reply = self._loop.create_future()
        reply.set_result(NO_REPLY)
        return reply

    def subscribe(self, channel: str) -> None:
        """Subscribe to a channel, which Redis confirms by a push instead of a reply."""
        self._batch.append(("SUBSCRIBE", channel))
        self._has_commands.set()

    @property
    def is_lost(self) -> bool:
        """Whether all further replies are NO_REPLY."""
        return self._given_up.done()

    def give_up(self, reason: str) -> None:
        """End `run` with this reason."""
        if not self.is_lost:
            self._given_up.set_result(reason)

    async def run(self) -> str:
        """Write and read until the connection is lost; return the reason."""
        tasks = (
            asyncio.create_task(self._write()),
            asyncio.create_task(self._read()),
        )
        try:
            await asyncio.wait(
                (*tasks, self._given_up), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            self.give_up("closed")
            self._fail_waiting()
            await self._connection.disconnect(nowait=True)
        errors = [str(each) for each in outcomes if isinstance(each, RedisError)]
        return errors[0] if errors else str(self._given_up.result())

    async def _write(self) -> None:
        while True:
            await self._has_commands.wait()
            self._has_commands.clear()
            batch, self._batch, self._timed = self._batch, [], []
            packed = self._connection.pack_commands(batch)
            await self._connection.send_packed_command(packed, check_health=False)

    async def _read(self) -> None:
        while True:
            self._receive(await self._next())
            self._is_silent = False
            self._replies += 1

    async def _next(self) -> object:
        try:
            return await self._connection.read_response(
                timeout=math.inf, push_request=True
            )
        except ResponseError as error:
            self.last_error = type(error).__name__
            return NO_REPLY

    def _receive(self, reply: object) -> None:
        if isinstance(reply, PushNotification):
            self._receive_push(cast("Sequence[object]", reply))
            return
        waiter, on_late = self._waiting.popleft()
        if not waiter.done():
            waiter.set_result(reply)
        elif on_late is not None:
            on_late(reply)

    def _receive_push(self, push: Sequence[object]) -> None:
        # "message", channel, message; or the number of subscribed channels.
        kind, channel, message = push
        if kind == b"message" and isinstance(message, bytes):
            self._on_message(cast("bytes", channel).decode(), message)

    def _read_first(self, waiters: list[Reply]) -> None:
        """Expire the waiters, after the replies that have arrived meanwhile.

        While the event loop was busy, a reply may have arrived in time. It is read in
        the next turn of the loop.
        """
        self._loop.call_soon(self._loop.call_soon, self._expire, waiters)

    def _expire(self, waiters: list[Reply]) -> None:
        late = [waiter for waiter in waiters if not waiter.done()]
        for waiter in late:
            waiter.set_result(NO_REPLY)
        self._late_calls += len(late)
        if late and not self._is_silent:
            self._is_silent = True
            self._loop.call_later(
                max(_LEAST_SILENCE_S, _MAX_SILENT_TIMEOUTS * self._timeout_s),
                self._give_up_if_silent,
                self._replies,
            )

    def _give_up_if_silent(self, replies: int) -> None:
        if self._replies == replies:
            self.give_up("no replies in time")

    def _fail_waiting(self) -> None:
        for waiter, _ in self._waiting:
            if not waiter.done():
                waiter.set_result(NO_REPLY)
