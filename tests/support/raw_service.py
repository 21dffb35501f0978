"""A service behind a proxy, of raw bytes: it keeps requests, and a test responds."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.support.served_process import Connection

Behaviour: TypeAlias = Callable[["RawService", Connection, bytes], Awaitable[None]]
"""What the service does with a connection after the head of a request."""


@dataclass
class RawService:
    """Keeps the heads and the bodies that it has received."""

    behaviour: Behaviour
    url: str = ""
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Server | None = None
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def hang_up(self) -> None:
        """Close all connections."""
        for writer in self._writers:
            writer.close()

    async def close(self) -> None:
        """Close all connections, and accept no more."""
        assert self.server is not None, "the service has started"
        self.server.close()
        self.hang_up()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        connection = Connection(reader, writer)
        self._writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                await self.behaviour(self, connection, head)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.gone.set()
        finally:
            writer.close()

    def fields(self, index: int = -1) -> dict[str, str]:
        """Return the header fields of a request."""
        lines = self.heads[index].decode("latin-1").split("\r\n")[1:-2]
        return dict(line.split(": ", 1) for line in lines)

    @property
    def request_line(self) -> str:
        return self.heads[-1].split(b"\r\n")[0].decode()


async def read_body(connection: Connection, head: bytes) -> bytes:
    """Read the body of a request, by its length or in chunks."""
    lines = head.lower().split(b"\r\n")
    for line in lines:
        if line.startswith(b"content-length: "):
            return await connection.reader.readexactly(int(line[16:]))
    if b"transfer-encoding: chunked" not in lines:
        return b""
    body = b""
    while size := int(await connection.reader.readuntil(b"\r\n"), 16):
        body += await connection.reader.readexactly(size)
        await connection.reader.readexactly(2)
    await connection.reader.readuntil(b"\r\n")
    return body


def responding(data: bytes, *, closes: bool = False) -> Behaviour:
    """Read the whole request, and respond with `data`."""

    async def behave(service: RawService, connection: Connection, head: bytes) -> None:
        service.bodies.append(await read_body(connection, head))
        await connection.send(data)
        if closes:
            raise ConnectionAbortedError

    return behave


def ok(body: bytes, *fields: bytes) -> bytes:
    """Return a response with a length."""
    lines = (b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *fields)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@asynccontextmanager
async def raw_service(
    behaviour: Behaviour, tls: ssl.SSLContext | None = None
) -> AsyncIterator[RawService]:
    service = RawService(behaviour)
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0, ssl=tls)
    service.server = server
    scheme, port = "https" if tls else "http", server.sockets[0].getsockname()[1]
    service.url = f"{scheme}://127.0.0.1:{port}"
    async with server:
        yield service
        server.close()
