"""Messages between a supervisor and a worker, over a pair of sockets.

A frame is the length of a pickle, and the pickle. The two processes have the same code,
and no other process has the sockets. A call has a number, and so does its reply.
"""

import asyncio
import pickle
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, TypeAlias

LENGTH: Final = struct.Struct("!Q")


class ChannelClosed(ConnectionError):
    """The other process has ended, or is about to."""


class CallFailed(Exception):
    """The other process could not do what a call requested; the text has the reason."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A message that is sent to several processes, and pickled once."""

    content: bytes

    @classmethod
    def of(cls, message: object) -> "Packed":
        return cls(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


@dataclass(frozen=True, slots=True)
class _Call:
    number: int
    message: object


@dataclass(frozen=True, slots=True)
class _Reply:
    number: int
    value: object


@dataclass(frozen=True, slots=True)
class _Failure:
    number: int
    reason: str


Handle: TypeAlias = Callable[[Any], Awaitable[object]]
"""Returns the reply to a message; its errors are sent to the caller."""


class Channel:
    """One end of a pair of sockets, on the running event loop."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        handle: Handle | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._handle = handle
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._handling: set[asyncio.Task[None]] = set()
        self.closed = asyncio.Event()
        self._reading = asyncio.create_task(self._read(), name="channel")

    @classmethod
    async def over(cls, end: socket.socket, handle: Handle | None = None) -> "Channel":
        """Return a channel over one end; `handle` gets the calls of the other end."""
        reader, writer = await asyncio.open_unix_connection(sock=end)
        return cls(reader, writer, handle)

    async def call(self, message: object) -> Any:
        """Return the reply of the other process; raise ChannelClosed or CallFailed."""
        if self.closed.is_set():
            raise ChannelClosed
        number = next(self._numbers)
        reply = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._send(_Call(number, message))
            return await reply
        finally:
            del self._waiting[number]

    def send(self, message: object) -> None:
        """Send a message whose reply is dropped."""
        if not self.closed.is_set():
            self._send(_Call(next(self._numbers), message))

    def finish(self) -> None:
        """Send nothing more, which the other process sees as the end.

        It can still send. `closed` is set when its process has ended.
        """
        if not self._writer.is_closing():
            self._writer.write_eof()

    def close(self) -> None:
        """Close this end."""
        self._writer.close()

    def _send(self, frame: _Call | _Reply | _Failure) -> None:
        content = pickle.dumps(frame, pickle.HIGHEST_PROTOCOL)
        self._writer.write(LENGTH.pack(len(content)) + content)

    async def _read(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(LENGTH.size)
                content = await self._reader.readexactly(*LENGTH.unpack(head))
                self._receive(pickle.loads(content))  # noqa: S301 - of our own process
        except (OSError, EOFError):
            pass
        finally:
            self.closed.set()
            for reply in self._waiting.values():
                if not reply.done():
                    reply.set_exception(ChannelClosed())

    def _receive(self, frame: _Call | _Reply | _Failure) -> None:
        match frame:
            case _Call():
                task = asyncio.create_task(self._reply(frame))
                self._handling.add(task)
                task.add_done_callback(self._handling.discard)
            case _Reply(number, value):
                if (reply := self._waiting.get(number)) and not reply.done():
                    reply.set_result(value)
            case _Failure(number, reason):
                if (reply := self._waiting.get(number)) and not reply.done():
                    reply.set_exception(CallFailed(reason))

    async def _reply(self, call: _Call) -> None:
        assert self._handle is not None, "this end only calls"
        message = call.message
        if isinstance(message, Packed):
            message = pickle.loads(message.content)  # noqa: S301 - of our own process
        try:
            self._send(_Reply(call.number, await self._handle(message)))
        except Exception as error:  # noqa: BLE001 - the caller gets the reason
            self._send(_Failure(call.number, f"{type(error).__name__}: {error}"))
