"""The API of Docker at a socket: containers by their labels, and their events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from tests.support.discovery_sources.replies import (
    begin_lines,
    end_lines,
    reply,
    send_line,
    target_of,
)
from tests.support.raw_service import RawService
from tests.support.served_process import Connection

USERS = "com.docker.compose.service=users"


def container(id_: str, label: str = USERS, **networks: str) -> dict[str, Any]:
    """Return a container as Docker lists it; without an address, it has left."""
    name, _, value = label.partition("=")
    return {
        "Id": id_ * 64,
        "Names": [f"/{id_}"],
        "Labels": {name: value},
        "State": "running",
        "Ports": [{"PrivatePort": 8080, "Type": "tcp"}],
        "NetworkSettings": {
            "Networks": {
                network: {"IPAddress": address, "GlobalIPv6Address": ""}
                for network, address in networks.items()
            }
        },
    }


@dataclass
class FakeDocker:
    """The containers that are running, and the lines of the stream of events."""

    containers: list[dict[str, Any]] = field(default_factory=list)
    lines: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    answer: bytes | None = None
    """A response in place of the right list."""
    socket: Path = Path()
    queries: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def change(self, *containers: dict[str, Any]) -> None:
        """Replace the containers, with one event."""
        self.containers = list(containers)
        event = {"Type": "container", "Action": "start", "time": 1}
        self.lines.put_nowait(event)

    async def serve(
        self, service: RawService, connection: Connection, head: bytes
    ) -> None:
        del service
        path, query = target_of(head)
        filters = orjson.loads(query["filters"][0])
        self.queries.append((path, filters))
        if path == "/events":
            await self._send_events(connection)
        elif self.answer is not None:
            await reply(connection, self.answer)
        else:
            await reply(connection, [e for e in self.containers if _has(e, filters)])

    async def _send_events(self, connection: Connection) -> None:
        await begin_lines(connection)
        while (line := await self.lines.get()) is not None:
            await send_line(connection, line)
        await end_lines(connection)


def _has(each: dict[str, Any], filters: dict[str, Any]) -> bool:
    labels = {f"{name}={value}" for name, value in each["Labels"].items()}
    return labels.issuperset(filters["label"]) and each["State"] in filters["status"]


@asynccontextmanager
async def fake_docker(
    folder: Path, *containers: dict[str, Any]
) -> AsyncIterator[FakeDocker]:
    docker = FakeDocker(list(containers), socket=folder / "docker.sock")
    service = RawService(docker.serve)
    server = await asyncio.start_unix_server(service.serve, docker.socket)
    async with server:
        yield docker
        server.close()
        service.hang_up()
