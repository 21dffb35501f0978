"""Attacks, and a client beside them that must not notice.

Each kind of attack runs twice at the same pace: against a server that only reads, so
that the cost of the attacker itself is known, and against the gateway. Meanwhile the
bystander sends the gateway 20 known and 2 new operations a second from its own address.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic

import httpx
import pytest
import pytest_asyncio

from tests.support.abuse import ATTACKS, Make, hostile_reply
from tests.support.gateway import Gateway, free_port, running_gateway
from tests.support.light_client import LightClient, light_client

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = 7.0
ATTACKER = "127.0.0.2"
ATTACKS_PER_S = 15
KNOWN_PER_S, NEW_PER_S = 20, 2
MAX_GROWTH_BYTES = 50 * 1024 * 1024
PATIENCE_S = 20.0
SDL = """
enum Colour { RED GREEN }
type Item { id: ID name: String }
type Query {
  a: Int l(x: [Int!]): Int coloured(colours: [Colour!]): Int items: [Item!]
}
"""
CONFIG = """
server:
  port: "${WEIR_PORT}"
  control: "${WEIR_CONTROL}"
  idle_timeout: 600s
  plan_cache: 8MiB
upstreams:
  things: {instances: ["http://127.0.0.1:${THINGS_PORT}"]}
subgraphs:
  things: {upstream: things, sdl: things.graphql}
facades:
  web: {path: "", introspection: true}
"""


async def service(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reply to one call after the other; to a query for items, with anything."""
    rng = random.Random(1)  # noqa: S311 - attacks, not secrets
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            body = await reader.readexactly(int(length[1]) if length else 0)
            coding, data = b"identity", b'{"data":{"a":1}}'
            if b"items" in body:
                coding, data = hostile_reply(rng)
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                b"content-encoding: %b\r\ncontent-length: %d\r\n\r\n"
                % (coding, len(data))
                + data
            )
            await writer.drain()
    writer.close()


async def forget(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read what arrives, and reply to nothing of it."""
    with suppress(ConnectionError):
        await reader.read(64)
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        while await reader.read(65536):
            pass
    writer.close()


@dataclass
class Target:
    """The gateway under attack, and a server that only reads."""

    gateway: Gateway
    client: LightClient
    port: int
    null_port: int


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def target(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Target]:
    folder: Path = tmp_path_factory.mktemp("abuse")
    (folder / "things.graphql").write_text(SDL)
    config = folder / "weir.yaml"
    config.write_text(CONFIG)
    things, null_port = free_port(), free_port()
    async with (
        await asyncio.start_server(service, "127.0.0.1", things),
        await asyncio.start_server(forget, "127.0.0.1", null_port),
        running_gateway(config, {"THINGS_PORT": str(things)}) as gateway,
        light_client(gateway.url) as client,
    ):
        port = int(gateway.url.rpartition(":")[2])
        yield Target(gateway, client, port, null_port)


@dataclass
class Bystander:
    """What the other client waited for, in seconds."""

    waits_s: list[float] = field(default_factory=list)
    new_waits_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def ask(self, client: LightClient, query: str, *, new: bool) -> None:
        started_s = monotonic()
        try:
            body = f'{{"query": "{query}"}}'.encode()
            reply = await client.ask("/graphql", body)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.failures.append(repr(error))
            return
        waited_s = monotonic() - started_s
        self.waits_s.append(waited_s)
        if new:
            self.new_waits_s.append(waited_s)
        if b'"data":{' not in reply.body or b"errors" in reply.body:
            self.failures.append(f"{reply.status} {reply.body[:200]!r}")

    @property
    def p99_s(self) -> float:
        return sorted(self.waits_s)[int(len(self.waits_s) * 0.99)]


NUMBERS = count()


@asynccontextmanager
async def bystander(target: Target) -> AsyncIterator[Bystander]:
    seen, end = Bystander(), asyncio.Event()

    async def ask_every(seconds: float, *, new: bool) -> None:
        async with asyncio.TaskGroup() as asking:
            while not end.is_set():
                key = f"new{next(NUMBERS)}" if new else "known"
                asking.create_task(seen.ask(target.client, f"{{ {key}: a }}", new=new))
                await asyncio.sleep(seconds)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ask_every(1 / KNOWN_PER_S, new=False))
        tasks.create_task(ask_every(1 / NEW_PER_S, new=True))
        try:
            yield seen
        finally:
            end.set()


async def attack(port: int, data: bytes, statuses: dict[str, int]) -> None:
    status = "none"
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(ATTACKER, 0)
            )
            try:
                writer.write(data)
                with suppress(ConnectionError):
                    await asyncio.wait_for(writer.drain(), 2)
                line = await asyncio.wait_for(reader.readline(), 2)
                status = line.decode("latin-1").split(" ")[1] if line else "none"
            finally:
                writer.close()
    statuses[status] = statuses.get(status, 0) + 1


async def attacked(make: Make, port: int, seed: int) -> dict[str, int]:
    rng = random.Random(seed)  # noqa: S311 - attacks, not secrets
    statuses: dict[str, int] = {}
    async with asyncio.TaskGroup() as tasks:
        for _ in range(int(SECONDS * ATTACKS_PER_S)):
            tasks.create_task(attack(port, make(rng), statuses))
            await asyncio.sleep(1 / ATTACKS_PER_S)
    return statuses


def used(gateway: Gateway) -> tuple[float, int]:
    """Return the CPU seconds and the resident bytes of the gateway."""
    folder = Path(f"/proc/{gateway.process.pid}")
    fields = (folder / "stat").read_text().rpartition(")")[2].split()
    pages = int((folder / "statm").read_text().split()[1])
    return (int(fields[11]) + int(fields[12])) / 100, pages * 4096


async def stalls(gateway: Gateway) -> float:
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"{gateway.control}/metrics")).text
    found = re.search(r"^gateway_event_loop_stalls_total (\S+)", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


async def test_no_attack_delays_the_client_beside_it(
    target: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    controls, others = Bystander(), Bystander()
    lines: list[str] = []
    growths: dict[str, int] = {}
    for seed, (name, make) in enumerate(ATTACKS.items()):
        async with bystander(target) as control:
            await attacked(make, target.null_port, seed)
        # The first members warm up what is allocated once.
        (cpu_s, before), stalled = used(target.gateway), await stalls(target.gateway)
        async with bystander(target) as seen:
            statuses = await attacked(make, target.port, seed)
        await asyncio.sleep(1)
        cpu_after_s, after = used(target.gateway)
        growths[name] = after - before
        controls.waits_s += control.waits_s
        others.waits_s += seen.waits_s
        others.new_waits_s += seen.new_waits_s
        others.failures += [f"{name}: {each}" for each in seen.failures]
        lines.append(
            f"  {name:18} {control.p99_s * 1000:8.0f} {seen.p99_s * 1000:8.0f}"
            f" {await stalls(target.gateway) - stalled:7.0f}"
            f" {(cpu_after_s - cpu_s) * 1000 / (SECONDS * ATTACKS_PER_S):9.1f}"
            f" {growths[name] / 2**20:8.1f}   {dict(sorted(statuses.items()))}"
        )

    with capsys.disabled():
        print(
            "\n  kind                p99 ms control, attack; stalls; CPU ms per attack;"
            " growth MiB; status\n" + "\n".join(lines)
        )
        print(
            f"  all: {len(others.waits_s)} requests, p99 {others.p99_s * 1000:.0f} ms,"
            f" control {controls.p99_s * 1000:.0f} ms; new operations alone:"
            f" {sorted(others.new_waits_s)[-5:]}"
        )
        for line in target.gateway.log:
            if line.get("event") == "event_loop_stalled":
                print(f"  stall of {line['lag_ms']} ms: {line['stack'][:4]}")
    assert others.failures == []
    assert others.p99_s <= 1.5 * controls.p99_s + 0.05
    assert {
        name: each for name, each in growths.items() if each > MAX_GROWTH_BYTES
    } == {}
