"""A client that costs the machine little beside what it measures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.served_process import Connection, Reply, connect

PATIENCE_S = 15.0


@dataclass
class LightClient:
    """Asks one server, on a connection that is free or else on a new one."""

    port: int
    free: list[Connection] = field(default_factory=list)

    async def ask(self, path: str, body: bytes = b"") -> Reply:
        """GET, or POST where there is a body, which is JSON."""
        connection = self.free.pop() if self.free else await connect(self.port)
        method = "POST" if body else "GET"
        await connection.send(
            f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        reply = await connection.reply(PATIENCE_S)
        self.free.append(connection)
        return reply


@asynccontextmanager
async def light_client(url: str) -> AsyncIterator[LightClient]:
    client = LightClient(int(url.rpartition(":")[2]))
    try:
        yield client
    finally:
        for connection in client.free:
            connection.close()
