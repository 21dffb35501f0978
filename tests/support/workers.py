"""A gateway with workers whose responses have the process id of their worker."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.support.conditions import until
from tests.support.demo import ROOT
from tests.support.gateway import Gateway, running_gateway
from tests.support.served_process import Connection, Reply, connect

CONFIG = f"""
server:
  port: ${{WEIR_PORT}}
  control: ${{WEIR_CONTROL}}
  workers: 2
  drain_delay: 1s
python_path: [{ROOT}]
subgraphs: {{workers: {{python: "tests.support.worker_schema:schema"}}}}
facades: {{web: {{path: /web}}}}
"""


@dataclass
class Workers:
    """A running gateway, its configuration, and its processes."""

    gateway: Gateway
    file: Path

    @property
    def supervisor(self) -> psutil.Process:
        return psutil.Process(self.gateway.process.pid)

    @property
    def template(self) -> psutil.Process | None:
        return next(iter(self.supervisor.children()), None)

    @property
    def port(self) -> int:
        return int(self.gateway.url.rpartition(":")[2])

    async def connect(self) -> Connection:
        return await connect(self.port)

    async def pids(self, connections: int = 8, path: str = "/web") -> Counter[int]:
        """Return the worker of each of some connections that are open together."""
        opened = await asyncio.gather(*(self.connect() for _ in range(connections)))
        try:
            return Counter(
                await asyncio.gather(*(served_by(each, path) for each in opened))
            )
        finally:
            for each in opened:
                each.close()

    async def metric(self, name: str) -> float:
        async with httpx.AsyncClient() as http:
            text = (await http.get(f"{self.gateway.control}/metrics")).text
        lines = (line for line in text.splitlines() if line.startswith(name))
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    async def get(self, path: str) -> Any:
        async with httpx.AsyncClient(timeout=60) as http:
            return (await http.get(f"{self.gateway.control}{path}")).json()

    async def post(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(timeout=60) as http:
            return await http.post(f"{self.gateway.control}{path}")


async def served_by(
    connection: Connection,
    path: str = "/web",
    of: str = "pid",
    seen: Callable[[Reply], None] = lambda _: None,
) -> int:
    """Return the process id of the worker that responds on a connection."""
    body = json.dumps({"query": f"{{ {of} }}"}).encode()
    await connection.send(
        f"POST {path}/graphql HTTP/1.1\r\nhost: localhost\r\n"
        "content-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n".encode()
        + body
    )
    reply = await connection.reply(within_s=120)
    seen(reply)
    assert reply.status == 200, reply
    data: dict[str, int] = json.loads(reply.body)["data"]
    (pid,) = data.values()
    return pid


@asynccontextmanager
async def running_workers(folder: Path, config: str = CONFIG) -> AsyncIterator[Workers]:
    file = folder / "weir.yaml"
    file.write_text(config)
    async with running_gateway(file) as gateway:
        yield Workers(gateway, file)


async def gone(pids: set[int]) -> None:
    """Wait until no process has any of these ids."""
    await until(lambda: not any(map(is_running, pids)))


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
