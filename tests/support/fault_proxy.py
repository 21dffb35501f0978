"""Proxies before instances, which spoil replies by chance: of a seed, when told to."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Literal, TypeAlias

Trouble: TypeAlias = Literal["reset", "broken"]
"""The connection is reset at a random byte of a reply, or the reply breaks HTTP."""

SHARE = 0.2
"""Of the pieces of replies that pass, so many are spoiled."""

_NOT_HTTP = (
    b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nshort",
    b"HTTP/1.1 2000 OK\r\n\r\n",
    b"garbage\r\n\r\n",
)


@dataclass
class FaultProxy:
    """Passes bytes to one instance and back; `spoiled` counts what it has broken."""

    target_port: int
    rng: Random
    port: int = 0
    spoiled: int = 0
    trouble: Trouble | None = None
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def spoiling(self, trouble: Trouble) -> Iterator[None]:
        self.trouble, self.spoiled = trouble, 0
        try:
            yield
        finally:
            self.trouble = None

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._connections.add(writer)
        try:
            there, to = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            return
        self._connections.add(to)
        try:
            await asyncio.gather(_pass(reader, to), self._pass_replies(there, writer))
        finally:
            for each in (writer, to):
                each.close()
                self._connections.discard(each)

    async def _pass_replies(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                if self.trouble and self.rng.random() < SHARE:
                    self.spoiled += 1
                    await self._spoil(piece, writer)
                    break
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def _spoil(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        if self.trouble == "broken":
            writer.write(self.rng.choice(_NOT_HTTP))
            await writer.drain()
        else:
            writer.write(piece[: self.rng.randrange(len(piece))])
            await writer.drain()
            reset_on_close(writer)

    def close(self) -> None:
        for each in tuple(self._connections):
            each.close()


def reset_on_close(writer: asyncio.StreamWriter) -> None:
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def fault_proxies(*proxies: FaultProxy) -> AsyncIterator[None]:
    """Open the proxies; their ports are known then."""
    async with AsyncExitStack() as stack:
        for proxy in proxies:
            server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
            proxy.port = server.sockets[0].getsockname()[1]
            stack.callback(proxy.close)
            stack.callback(server.close)
        yield
