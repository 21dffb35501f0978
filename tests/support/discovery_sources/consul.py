"""The health API of Consul, with blocking queries, over a real socket."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.discovery_sources.replies import reply, target_of
from tests.support.raw_service import RawService, raw_service
from tests.support.served_process import Connection


def entry(address: str, port: int, weight: int = 1, *tags: str) -> dict[str, Any]:
    """Return an instance as Consul lists it; an empty address is that of the node."""
    return {
        "Node": {"Node": "n1", "Address": "10.0.0.250", "Datacenter": "dc1"},
        "Service": {
            "ID": f"users-{port}",
            "Service": "users",
            "Tags": list(tags) or None,
            "Address": address,
            "Port": port,
            "Weights": {"Passing": weight, "Warning": 1},
        },
        "Checks": [{"Status": "passing", "Output": "x" * 100}],
    }


@dataclass
class FakeConsul:
    """One service, whose index grows with each change."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    index: int = 10
    token: str = ""
    answer: bytes | None = None
    """A response in place of the right one."""
    url: str = ""
    queries: list[dict[str, list[str]]] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    """Those that have sent a query."""
    down: bool = False
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def change(self, *entries: dict[str, Any], index: int = 0) -> None:
        async with self._changed:
            self.entries = list(entries)
            self.index = index or self.index + 1
            self._changed.notify_all()

    async def stop(self) -> None:
        """Drop all connections, and each further one."""
        self.down = True
        async with self._changed:
            self._changed.notify_all()

    async def serve(
        self, service: RawService, connection: Connection, head: bytes
    ) -> None:
        path, query = target_of(head)
        self.queries.append(query)
        if connection not in self.connections:
            self.connections.append(connection)
        if self.down:
            raise ConnectionAbortedError
        if self.token != service.fields().get("x-consul-token", ""):
            await reply(connection, b"Permission denied", status=403)
        elif path != "/v1/health/service/users":
            await reply(connection, [], b"x-consul-index: 1")
        elif self.answer is not None:
            await reply(connection, self.answer)
        else:
            await self._respond(connection, int(query.get("index", ["0"])[0]))

    async def _respond(self, connection: Connection, seen: int) -> None:
        async with self._changed:
            # An index of the future is answered at once, as after a restore.
            while seen and seen == self.index and not self.down:
                await self._changed.wait()
        if self.down:
            raise ConnectionAbortedError
        index = b"x-consul-index: %d" % self.index
        await reply(connection, self.entries, index)


@asynccontextmanager
async def fake_consul(
    *entries: dict[str, Any], tls: ssl.SSLContext | None = None
) -> AsyncIterator[FakeConsul]:
    consul = FakeConsul(list(entries))
    async with raw_service(consul.serve, tls) as service:
        consul.url = service.url
        yield consul
