"""A gateway process over real sockets, with the trivial front of serve_front.py."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

_SCRIPT = Path(__file__).with_name("serve_front.py")


@dataclass
class ServedProcess:
    """A running process; its ports are known once it is ready."""

    process: asyncio.subprocess.Process
    data_port: int
    control_port: int
    connections: list["Connection"] = field(default_factory=list)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def exit_code(self, within_s: float = 20) -> int:
        return await asyncio.wait_for(self.process.wait(), within_s)

    async def output(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.read(), 20)).decode()

    async def errors(self) -> str:
        assert self.process.stderr is not None
        return (await asyncio.wait_for(self.process.stderr.read(), 20)).decode()

    async def connect(self) -> "Connection":
        connection = await connect(self.data_port)
        self.connections.append(connection)
        return connection

    async def control(self, path: str, method: str = "GET") -> "Reply":
        connection = await connect(self.control_port)
        try:
            return await connection.ask(path, method=method)
        finally:
            connection.close()


@dataclass
class Reply:
    """One answer read from a connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection") == "close"


@dataclass
class Connection:
    """A raw client connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(
        self, path: str = "/", method: str = "GET", body: bytes = b""
    ) -> Reply:
        await self.send(
            f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n"
            f"content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return await self.reply()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, within_s: float = 20) -> Reply:
        async with asyncio.timeout(within_s):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status_line, *lines = head.rstrip().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines)
            length = int(headers.get("content-length", "0"))
            body = await self.reader.readexactly(length)
        return Reply(int(status_line.split()[1]), headers, body)

    async def closed(self, within_s: float = 20) -> bytes:
        """Wait for the end; return what still came before it."""
        return await asyncio.wait_for(self.reader.read(), within_s)

    def close(self) -> None:
        self.writer.close()


async def connect(port: int) -> Connection:
    return Connection(*await asyncio.open_connection("127.0.0.1", port))


@asynccontextmanager
async def served_process(**options: object) -> AsyncIterator[ServedProcess]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(_SCRIPT),
        json.dumps(options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 120)
        data_port, control_port = map(int, line.split())
        served = ServedProcess(process, data_port, control_port)
        try:
            yield served
        finally:
            for connection in served.connections:
                connection.close()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        # Close the pipes before the loop ends.
        process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001


def refused_connection(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
