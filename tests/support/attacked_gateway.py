"""A gateway under attack, with a hostile service, and a server that only reads."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.gateway import Gateway, running_gateway
from tests.support.hostile_replies import HostileReply, hostile_replies
from tests.support.ports import free_port

ATTACKER: Final = "127.0.0.2"
ATTACKS_PER_S: Final = 15
_ANSWER: Final = HostileReply(b'{"data":{"a":1}}')
_TOO_MUCH: Final = HostileReply(b"{}", status=b"503 Service Unavailable")
_MOST_BYTES: Final = 64 * 1024
"""The service fails for larger requests."""
_CODE: Final = re.compile(rb'"code":\s*"([A-Z_]+)"')
SDL: Final = """
enum Colour { RED GREEN }
input Filter { year: Int nested: Filter }
type Query {
  a: Int l(x: [Int!]): Int coloured(colours: [Colour!]): Int
  filtered(filter: Filter): Int
}
"""
HOSTILE_SDL: Final = """
type Item { id: ID name: String }
type Query {
  errors: [Item!] items: [Item!] members: [Item!]
  expanding: [Item!] nested: [Item!] aged: [Item!]
}
"""
CONFIG: Final = """
server:
  port: "${WEIR_PORT}"
  control: "${WEIR_CONTROL}"
  idle_timeout: 600s
  plan_cache: 8MiB
upstreams:
  things: {instances: ["http://127.0.0.1:${THINGS_PORT}"]}
  hostile:
    instances: ["http://127.0.0.1:${THINGS_PORT}"]
    cache: {}
    breaker: {failures: 1000000, failed_share: 100%}  # each reply has to be read
subgraphs:
  things: {upstream: things, sdl: things.graphql}
  hostile: {upstream: hostile, sdl: hostile.graphql}
facades:
  web: {path: "", introspection: true}
"""


@dataclass(frozen=True, slots=True)
class Used:
    """What the process of the gateway has used."""

    cpu_s: float
    resident_bytes: int
    waited_s: float
    """The time for which its main thread was ready to run and had no core."""


@dataclass(frozen=True, slots=True)
class Target:
    """The gateway, and the port of the server that only reads."""

    gateway: Gateway
    null_port: int

    @property
    def port(self) -> int:
        return int(self.gateway.url.rpartition(":")[2])

    def used(self) -> Used:
        folder = Path(f"/proc/{self.gateway.process.pid}")
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        pages = int((folder / "statm").read_text().split()[1])
        waited_ns = int((folder / "schedstat").read_text().split()[1])
        cpu_s = (int(fields[11]) + int(fields[12])) / 100
        return Used(cpu_s, pages * 4096, waited_ns / 1e9)

    def stalls_ms(self) -> list[tuple[int, int, list[str]]]:
        """Return the lag, the CPU time and the stack of each stall so far."""
        return [
            (line["lag_ms"], line["cpu_ms"], line["stack"][:4])
            for line in self.gateway.log
            if line.get("event") == "event_loop_stalled"
        ]


@asynccontextmanager
async def attacked_gateway(
    folder: Path, sdl: str = SDL, text: str = CONFIG
) -> AsyncIterator[Target]:
    """Serve a configuration, with one subgraph that replies to anything."""
    (folder / "things.graphql").write_text(sdl)
    (folder / "hostile.graphql").write_text(HOSTILE_SDL)
    config = folder / "weir.yaml"
    config.write_text(text)
    things, null_port = free_port(), free_port()
    service = HostileService(hostile_replies(1))
    async with (
        await asyncio.start_server(service.serve, "127.0.0.1", things),
        await asyncio.start_server(only_read, "127.0.0.1", null_port),
        running_gateway(config, {"THINGS_PORT": str(things)}) as gateway,
    ):
        yield Target(gateway, null_port)


class HostileService:
    """A service with normal replies, and hostile ones to the fields of `replies`."""

    def __init__(self, replies: Mapping[bytes, Sequence[HostileReply]]) -> None:
        self._replies = replies
        self._hostile = re.compile(rb"\b(" + b"|".join(replies) + rb")\b")
        self._rng = random.Random(1)  # noqa: S311 - attacks, not secrets

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head.lower())
                body = await reader.readexactly(int(length[1]) if length else 0)
                reply = self._reply(body)
                writer.write(
                    b"HTTP/1.1 %b\r\ncontent-type: application/json\r\n"
                    b"%bcontent-length: %d\r\n\r\n"
                    % (reply.status, reply.fields, len(reply.body))
                )
                writer.write(reply.body)
                await writer.drain()
        writer.close()

    def _reply(self, body: bytes) -> HostileReply:
        if len(body) > _MOST_BYTES:
            return _TOO_MUCH
        hostile = self._hostile.search(body)
        return self._rng.choice(self._replies[hostile[1]]) if hostile else _ANSWER


async def only_read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Respond at once, and read what arrives."""
    with suppress(ConnectionError):
        await reader.read(64)
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        while await reader.read(65536):
            pass
    writer.close()


async def cpu_ms(target: Target, attacks: Sequence[bytes], patience_s: float) -> float:
    """Return the CPU time that the gateway takes for each of the attacks."""
    before = target.used()
    await attack(target.port, attacks, patience_s)
    return (target.used().cpu_s - before.cpu_s) * 1000 / len(attacks)


async def attack(
    port: int, attacks: Sequence[bytes], patience_s: float
) -> Counter[str]:
    """Send all attacks in turn, and return how many got which status and code."""
    outcomes = Counter[str]()
    async with asyncio.TaskGroup() as tasks:
        for data in attacks:
            tasks.create_task(_attack(port, data, patience_s, outcomes))
            await asyncio.sleep(1 / ATTACKS_PER_S)
    return outcomes


async def _attack(
    port: int, data: bytes, patience_s: float, outcomes: Counter[str]
) -> None:
    outcome = "no response"
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, local_addr=(ATTACKER, 0)
        )
        try:
            writer.write(data)
            async with asyncio.timeout(patience_s or None):
                with suppress(ConnectionError):
                    await writer.drain()
                if patience_s:
                    outcome = await _outcome(reader)
        finally:
            writer.close()
    outcomes[outcome] += 1


async def _outcome(reader: asyncio.StreamReader) -> str:
    """Return the status of a response, and the code of its error."""
    head = await reader.readuntil(b"\r\n\r\n")
    code = _CODE.search(await reader.read(4096))
    status = head.split(b" ")[1].decode()
    return f"{status} {code[1].decode()}" if code else status
