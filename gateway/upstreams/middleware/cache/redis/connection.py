"""One connection to Redis, for all that a process asks of it.

A call of a Redis client costs more than a light request of ours. So what is asked in
one turn of the event loop goes out in one write, answers are handed out as they come,
in order (pipelining), and messages of other processes come by the same connection
(RESP3): whoever has read an answer has not yet heard what was forgotten after it.
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
_SILENCES: Final = 4
"""Timeouts' lengths without any answer, after which the connection is given up."""


class NoAnswer(Enum):
    """In place of an answer: none in time, or Redis refused."""

    NO_ANSWER = "no answer"


NO_ANSWER: Final = NoAnswer.NO_ANSWER
Argument: TypeAlias = bytes | str | int
Command: TypeAlias = tuple[Argument, ...]
Answer: TypeAlias = "asyncio.Future[object]"
OnMessage: TypeAlias = Callable[[bytes], None]


class RedisUnreachable(Exception):
    """Redis could not be reached, or does not let us in; the text says why."""


class _Wire(Protocol):
    """What is used of redis-py's connection, whose types are unknown in part."""

    async def connect(self) -> None: ...

    async def disconnect(self, *, nowait: bool) -> None: ...

    def pack_commands(self, commands: Iterable[Command]) -> list[bytes]: ...

    async def send_packed_command(
        self, command: list[bytes], *, check_health: bool
    ) -> None: ...

    async def read_response(
        self,
        *,
        timeout: float,  # noqa: ASYNC109 - as it is named there
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
    """Asks in pipelines; answers come in time or are NO_ANSWER, never an exception."""

    def __init__(
        self, connection: _Wire, timeout_s: float, on_message: OnMessage
    ) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self._on_message = on_message
        self._loop = asyncio.get_running_loop()
        self._batch: list[Command] = []
        self._hurried: list[Answer] = []
        self._waiting: deque[Answer] = deque()
        self._asked = asyncio.Event()
        self._given_up: Answer = self._loop.create_future()
        self._is_silent = False
        self._answers = 0
        self.refusal = ""
        """The last error that Redis answered, such as OutOfMemoryError."""

    @classmethod
    async def open(cls, url: str, timeout_s: float, on_message: OnMessage) -> Self:
        """Connect and say who we are; raises RedisUnreachable."""
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

    def ask(self, *command: Argument) -> Answer:
        """Return the answer to come: NO_ANSWER after the timeout at the latest.

        While Redis is silent, it is not asked: one wait is what that costs a request.
        """
        if self._is_silent:
            return self._no_answer()
        if not self._hurried:
            self._hurried = []
            self._loop.call_later(self._timeout_s, self._expire, self._hurried)
        answer = self.ask_patiently(*command)
        self._hurried.append(answer)
        return answer

    def ask_patiently(self, *command: Argument) -> Answer:
        """Return the answer to come, however long it takes Redis."""
        if len(self._waiting) >= _MAX_WAITING or self.is_lost:
            return self._no_answer()
        answer: Answer = self._loop.create_future()
        self._batch.append(command)
        self._waiting.append(answer)
        self._asked.set()
        return answer

    def _no_answer(self) -> Answer:
        answer: Answer = self._loop.create_future()
        answer.set_result(NO_ANSWER)
        return answer

    def subscribe(self, channel: str) -> None:
        """Hear what is published there; Redis confirms by a push, not an answer."""
        self._batch.append(("SUBSCRIBE", channel))
        self._asked.set()

    @property
    def is_lost(self) -> bool:
        """Whether all further answers are NO_ANSWER."""
        return self._given_up.done()

    def give_up(self, reason: str) -> None:
        """End `run`."""
        if not self.is_lost:
            self._given_up.set_result(reason)

    async def run(self) -> str:
        """Write and read until the connection is lost; return why it was."""
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
            self._answer_all()
            await self._connection.disconnect(nowait=True)
        errors = [str(each) for each in outcomes if isinstance(each, RedisError)]
        return errors[0] if errors else str(self._given_up.result())

    async def _write(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            batch, self._batch, self._hurried = self._batch, [], []
            packed = self._connection.pack_commands(batch)
            await self._connection.send_packed_command(packed, check_health=False)

    async def _read(self) -> None:
        while True:
            self._take(await self._next())
            self._is_silent = False
            self._answers += 1

    async def _next(self) -> object:
        try:
            return await self._connection.read_response(
                timeout=math.inf, push_request=True
            )
        except ResponseError as error:
            self.refusal = type(error).__name__
            return NO_ANSWER

    def _take(self, reply: object) -> None:
        if isinstance(reply, PushNotification):
            self._take_push(cast("Sequence[object]", reply))
            return
        answer = self._waiting.popleft()
        if not answer.done():
            answer.set_result(reply)

    def _take_push(self, push: Sequence[object]) -> None:
        # "message", channel, message; or how many channels are subscribed to.
        if push[0] == b"message" and isinstance(push[-1], bytes):
            self._on_message(push[-1])

    def _expire(self, answers: list[Answer]) -> None:
        late = [answer for answer in answers if not answer.done()]
        for answer in late:
            answer.set_result(NO_ANSWER)
        if late and not self._is_silent:
            self._is_silent = True
            self._loop.call_later(
                _SILENCES * self._timeout_s, self._give_up_if_silent, self._answers
            )

    def _give_up_if_silent(self, answers: int) -> None:
        if self._answers == answers:
            self.give_up("no answers in time")

    def _answer_all(self) -> None:
        for answer in self._waiting:
            if not answer.done():
                answer.set_result(NO_ANSWER)
