"""A service of streams, the same by HTTP/1.1 and by HTTP/2."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Protocol

from tests.support.http2_server import ServedStream, http2_server

PART = bytes(65536)


class Caller(Protocol):
    """One who asked, as far as the service can tell."""

    def head(self, status: int) -> None: ...
    async def send(self, data: bytes) -> None: ...
    async def body(self) -> bytes: ...
    async def has_left(self) -> None: ...
    def hang_up(self) -> None: ...
    def end(self) -> None: ...


@dataclass
class StreamService:
    """Answers /N with that status, /events with one event and then silence.

    /flood never ends, /break ends in its middle, /hang has no head, and /upload takes
    a body.
    """

    url: str = ""
    sent: int = 0
    uploaded: bytes = b""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    times_asked: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, path: str, caller: Caller) -> None:
        self.asked.set()
        self.times_asked += 1
        if path != "/hang":
            caller.head(int(path[1:]) if path[1:].isdigit() else 200)
        match path:
            case "/flood":
                await self._flood(caller)
            case "/break":
                await caller.send(b"half")
                caller.hang_up()
            case "/upload":
                self.uploaded = await caller.body()
                caller.end()
            case "/events" | "/hang":
                await self._wait(path, caller)
            case _:
                caller.end()

    async def _flood(self, caller: Caller) -> None:
        while True:
            await caller.send(PART)
            self.sent += len(PART)

    async def _wait(self, path: str, caller: Caller) -> None:
        if path == "/events":
            await caller.send(b"one")
        await caller.has_left()
        self.left.set()


@dataclass
class _Http1Caller:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def head(self, status: int) -> None:
        lines = (b"HTTP/1.1 %d X", b"connection: close", b"transfer-encoding: chunked")
        self.writer.write(b"\r\n".join(lines) % status + b"\r\n\r\n")

    async def send(self, data: bytes) -> None:
        self.writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self.writer.drain()

    async def body(self) -> bytes:
        parts: list[bytes] = []
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            parts.append((await self.reader.readexactly(size + 2))[:-2])
        return b"".join(parts)

    async def has_left(self) -> None:
        with suppress(ConnectionError):
            await self.reader.read(1)

    def hang_up(self) -> None:
        self.writer.close()

    def end(self) -> None:
        self.writer.write(b"0\r\n\r\n")


@dataclass
class _Http2Caller:
    stream: ServedStream

    def head(self, status: int) -> None:
        self.stream.head(status)

    async def send(self, data: bytes) -> None:
        await self.stream.send(data)

    async def body(self) -> bytes:
        return await self.stream.body()

    async def has_left(self) -> None:
        await self.stream.was_reset.wait()

    def hang_up(self) -> None:
        self.stream.peer.transport.close()

    def end(self) -> None:
        self.stream.end()


@asynccontextmanager
async def http1_service() -> AsyncIterator[StreamService]:
    service = StreamService()
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = _Http1Caller(reader, writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            await service.answer(head.split(b" ")[1].decode(), caller)
            writer.close()
        except ConnectionError:
            writer.close()
        except asyncio.CancelledError:
            writer.transport.abort()
            raise

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield service
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.sleep(0)  # for the sockets to close


@asynccontextmanager
async def http2_service() -> AsyncIterator[StreamService]:
    service = StreamService()

    async def serve(stream: ServedStream) -> None:
        await service.answer(stream.path, _Http2Caller(stream))

    async with http2_server(serve) as server:
        service.url = server.url
        yield service
