"""Workers follow a source of instances together: the supervisor is its only client."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.discovery_sources.consul import FakeConsul, entry, fake_consul
from tests.support.raw_service import Behaviour, RawService, ok, raw_service
from tests.support.served_process import Connection
from tests.support.workers import CONFIG, Workers, running_workers, served_by

ROUTES = """
routes: {users: {path: /users/*, proxy: users}}
upstreams:
  users:
    discovery: {%s}
    health: {active: false}
    timeout: {attempt: 50s, total: 55s}
"""
WITHIN_S = 60.0


@dataclass
class Following:
    """A gateway with two workers, and one connection to each, by the process id."""

    workers: Workers
    clients: dict[int, Connection]

    async def instances(self) -> set[str]:
        """Return the instances that respond, of all workers; each has to."""
        found: set[str] = set()
        for client in self.clients.values():
            response = await client.ask("/users/name")
            assert response.status == 200, response
            found.add(response.body.decode())
        return found

    async def follow(self, *expected: str) -> None:
        """Wait until each worker calls these instances and no others."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                # Two calls of each worker reach two instances in turn.
                found = await self.instances() | await self.instances()
                if found == set(expected):
                    return

    async def reload(self, old: str, new: str) -> None:
        text = self.workers.file.read_text()
        assert text.count(old) == 1
        self.workers.file.write_text(text.replace(old, new))
        assert (await self.workers.post("/config/reload")).status_code == 200

    async def discovery(self) -> dict[str, object]:
        found: dict[str, object] = (await self.workers.get("/services"))["services"][0][
            "discovery"
        ]
        return found

    async def replace_worker(self) -> None:
        """Kill a worker, and connect to the one that replaces it."""
        pid, client = self.clients.popitem()
        psutil.Process(pid).kill()
        client.close()
        async with asyncio.timeout(WITHIN_S):
            while len(self.clients) < 2:
                await self._add(await self.workers.connect())
                await asyncio.sleep(0.01)

    async def connect(self) -> None:
        for client in [await self.workers.connect() for _ in range(4)]:
            await self._add(client)
        assert len(self.clients) == 2

    async def _add(self, client: Connection) -> None:
        try:
            pid = await served_by(client)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # it was accepted by the worker that was killed
        if pid in self.clients:
            client.close()
        else:
            self.clients[pid] = client


@asynccontextmanager
async def following(folder: Path, discovery: str) -> AsyncIterator[Following]:
    async with running_workers(folder, CONFIG + ROUTES % discovery) as workers:
        found = Following(workers, {})
        await found.connect()
        try:
            yield found
        finally:
            for client in found.clients.values():
                client.close()


def named(name: bytes, release: asyncio.Event) -> Behaviour:
    """Respond with the name, or with a stream that ends when it is released."""

    async def behave(_: RawService, connection: Connection, head: bytes) -> None:
        if not head.startswith(b"GET /users/stream"):
            await connection.send(ok(name))
            return
        await connection.send(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n"
        )
        await release.wait()
        await connection.send(b"3\r\nend\r\n0\r\n\r\n")

    return behave


@asynccontextmanager
async def services(
    *names: bytes, release: asyncio.Event | None = None
) -> AsyncIterator[list[int]]:
    """Run instances with these names; yield their ports."""
    ports: list[int] = []
    async with AsyncExitStack() as stack:
        for name in names:
            behaviour = named(name, release or asyncio.Event())
            service = await stack.enter_async_context(raw_service(behaviour))
            stack.callback(service.hang_up)
            ports.append(int(service.url.rpartition(":")[2]))
        yield ports


def at(port: int) -> dict[str, object]:
    return entry("127.0.0.1", port)


async def test_two_workers_follow_consul_by_one_connection(tmp_path: Path) -> None:
    async with (
        services(b"a", b"b") as (a, b),
        fake_consul(at(a)) as consul,
        following(
            tmp_path, f"consul: {{url: {consul.url}, service: users}}"
        ) as gateway,
    ):
        await gateway.follow("a")
        await consul.change(at(a), at(b))
        await gateway.follow("a", "b")
        await consul.change(at(b))
        await gateway.follow("b")
        assert len(consul.connections) == 1

        await gateway.replace_worker()
        assert await gateway.instances() == {"b"}
        assert len(consul.connections) == 1

        await consul_is_lost_and_found(gateway, consul, a)


async def consul_is_lost_and_found(
    gateway: Following, consul: FakeConsul, a: int
) -> None:
    await consul.stop()
    await is_stale(gateway, stale=True)
    assert await gateway.workers.metric("gateway_discovery_stale_seconds") > 0
    await gateway.replace_worker()
    assert await gateway.instances() == {"b"}, "the new worker has the last set"
    assert (await gateway.discovery())["stale"]

    consul.down = False
    await consul.change(at(a))
    await gateway.follow("a")
    await is_stale(gateway, stale=False)


async def is_stale(gateway: Following, *, stale: bool) -> None:
    async with asyncio.timeout(WITHIN_S):
        while (await gateway.discovery())["stale"] is not stale:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.05)


async def test_a_reload_leaves_the_instances_and_the_streams(tmp_path: Path) -> None:
    release = asyncio.Event()
    async with (
        services(b"a", b"b", release=release) as (a, b),
        fake_consul(at(a)) as consul,
        following(
            tmp_path, f"consul: {{url: {consul.url}, service: users}}"
        ) as gateway,
    ):
        await gateway.follow("a")
        streams = [await opened_stream(gateway) for _ in range(2)]

        for old, new in (("55s", "56s"), ("health:", "balancing: random\n    health:")):
            await without_a_gap(gateway, gateway.reload(old, new))
        await consul.change(at(b))
        await gateway.follow("b")

        release.set()
        for stream in streams:
            assert (
                await stream.reader.readuntil(b"0\r\n\r\n") == b"3\r\nend\r\n0\r\n\r\n"
            )
            stream.close()


async def opened_stream(gateway: Following) -> Connection:
    client = await gateway.workers.connect()
    await client.send(b"GET /users/stream HTTP/1.1\r\nhost: localhost\r\n\r\n")
    head = await asyncio.wait_for(client.reader.readuntil(b"begin\r\n"), WITHIN_S)
    assert head.startswith(b"HTTP/1.1 200")
    return client


async def without_a_gap(gateway: Following, change: Awaitable[None]) -> None:
    """Call each worker until a change has been made, and once more."""
    changing = asyncio.ensure_future(change)
    while not changing.done():
        assert await gateway.instances() == {"a"}
    await changing
    assert await gateway.instances() == {"a"}


async def test_a_source_is_left_when_no_upstream_uses_it(tmp_path: Path) -> None:
    instances = tmp_path / "users.json"
    async with (
        services(b"a", b"b") as (a, b),
        fake_consul(at(a)) as consul,
        following(
            tmp_path, f"consul: {{url: {consul.url}, service: users}}"
        ) as gateway,
    ):
        await gateway.follow("a")
        write(instances, a)
        source = f"consul: {{url: {consul.url}, service: users}}"
        await without_a_gap(
            gateway, gateway.reload(source, f"file: {{path: {instances}}}")
        )
        await consul.change(at(b))
        queries = len(consul.queries)
        write(instances, b)
        await gateway.follow("b")

        assert len(consul.queries) == queries
        assert consul.connections[0].reader.at_eof()


def write(file: Path, port: int) -> None:
    new = file.with_suffix(".new")
    new.write_text(json.dumps([f"http://127.0.0.1:{port}"]))
    new.rename(file)


async def test_a_new_worker_has_the_last_set_of_a_file_that_is_gone(
    tmp_path: Path,
) -> None:
    instances = tmp_path / "users.json"
    async with services(b"a", b"b") as (a, b):
        write(instances, a)
        async with following(tmp_path, f"file: {{path: {instances}}}") as gateway:
            await gateway.follow("a")
            write(instances, b)
            await gateway.follow("b")
            instances.unlink()
            await is_stale(gateway, stale=True)
            await gateway.replace_worker()
            assert await gateway.instances() == {"b"}
