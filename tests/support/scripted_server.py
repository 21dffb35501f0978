"""A raw-socket peer that answers each request with bytes from a script."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

Ending = Literal["stay", "close", "reset"]


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer: bytes, sent in pieces of `piece` (0: at once), then an ending."""

    data: bytes
    then: Ending = "stay"
    piece: int = 0
    delay_s: float = 0.0


@dataclass
class ScriptedServer:
    """Plays its script over all its connections; keeps what it was asked."""

    script: list[Scripted] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    open_connections: int = 0
    url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def play(self, *answers: Scripted) -> None:
        self.script[:] = answers

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        self.open_connections += 1
        try:
            while self.script:
                self.requests.append(await _read_request(reader))
                self.asked.set()
                if not await _play(self.script.pop(0), writer):
                    return
            await reader.read(1)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_connections -= 1
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length: "):
            return head + await reader.readexactly(int(line[16:]))
    return head


async def _play(answer: Scripted, writer: asyncio.StreamWriter) -> bool:
    await asyncio.sleep(answer.delay_s)
    for piece in _pieces(answer.data, answer.piece):
        writer.write(piece)
        await writer.drain()
        if answer.piece:
            await asyncio.sleep(0)
    if answer.then == "reset":
        sock: socket.socket = writer.get_extra_info("socket")
        # Lingering for no time makes close() send RST instead of FIN.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return answer.then == "stay"


def _pieces(data: bytes, size: int) -> Sequence[bytes]:
    if not size:
        return (data,)
    return [data[i : i + size] for i in range(0, len(data), size)]


@asynccontextmanager
async def scripted_server(
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[ScriptedServer]:
    scripted = ScriptedServer()
    server = await asyncio.start_server(scripted.serve, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    scripted.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield scripted
        server.close()
