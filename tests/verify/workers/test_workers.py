"""Workers under load: rolls, reloads, hangs, and what they cost.

Each proof prints its numbers. Loads are bounded in requests, and by loopback only.
"""

import asyncio
import signal
import statistics
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.support.served_process import Connection
from tests.support.workers import CONFIG, Workers, gone, running_workers, served_by

CLIENTS = 20


class Load:
    """Clients with a connection each, which they open again when it is closed."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.served: Counter[int] = Counter()
        self.failed: list[str] = []
        self.connections = 0
        self.ends = False

    @property
    def count(self) -> int:
        return self.served.total()

    async def run(self, requests: int) -> None:
        """Send at least so many requests, and until `ends` is set."""
        await asyncio.gather(*(self._client(requests) for _ in range(CLIENTS)))

    async def _client(self, requests: int) -> None:
        connection: Connection | None = None
        while self.count < requests or not self.ends:
            try:
                if connection is None:
                    self.connections += 1
                    connection = await self.workers.connect()
                pid, closes = await asked(connection)
                self.served[pid] += 1
            except (OSError, EOFError, AssertionError) as error:
                self.failed.append(repr(error))
                connection = None
                continue
            if closes:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()


async def asked(connection: Connection) -> tuple[int, bool]:
    """Return the worker that responds, and whether it closes the connection."""
    replies: list[bool] = []
    pid = await served_by(connection, seen=lambda reply: replies.append(reply.closes))
    return pid, replies[0]


async def under_load(
    workers: Workers, requests: int, work: Callable[[], Awaitable[None]]
) -> Load:
    """Do `work` while clients send requests."""
    load = Load(workers)
    running = asyncio.create_task(load.run(requests))
    try:
        await work()
    finally:
        load.ends = True
        await running
    return load


async def test_a_roll_under_load_fails_no_request(tmp_path: Path) -> None:
    async with running_workers(tmp_path) as workers:

        async def roll_often() -> None:
            for _ in range(3):
                assert (await workers.post("/workers/roll")).status_code == 200

        load = await under_load(workers, 4000, roll_often)
        counted = await workers.metric("gateway_requests_total")

    print(
        f"3 rolls: {load.count} requests on {load.connections} connections by"
        f" {len(load.served)} workers, {len(load.failed)} failed; counted {counted:.0f}"
    )
    assert load.failed == []
    assert len(load.served) == 8
    assert counted == load.count


async def test_a_reload_storm_fails_no_request(tmp_path: Path) -> None:
    async with running_workers(tmp_path) as workers:
        before = await memory(workers)

        async def storm() -> None:
            for number in range(10):
                await reload(workers, number)
            replies = await asyncio.gather(*(reload(workers, n) for n in range(10)))
            assert set(replies) == {200}

        load = await under_load(workers, 2000, storm)
        after = await memory(workers)

    print(f"20 reloads: {load.count} requests, {len(load.failed)} failed")
    print(f"PSS of the workers in MB: at start {before}, after 20 reloads {after}")
    assert load.failed == []
    assert len(load.served) == 2, "reloads replace no worker"


async def test_memory_after_ten_reloads(tmp_path: Path) -> None:
    async with running_workers(tmp_path) as workers:
        await workers.pids()
        print(f"PSS in MB after the start: {await memory(workers)}")
        for number in range(10):
            assert await reload(workers, number) == 200
        print(f"PSS in MB after 10 reloads: {await memory(workers)}")
        assert max(await memory(workers)) < 150


async def test_a_hung_worker_is_replaced(tmp_path: Path) -> None:
    async with running_workers(tmp_path) as workers:
        opened = [await workers.connect() for _ in range(4)]
        by_pid = {await served_by(each): each for each in opened}
        (pid, hung), (_, other) = by_pid.items()
        hanging = asyncio.create_task(served_by(hung, of="block(seconds: 600)"))
        async with asyncio.timeout(120):
            while not hanging.done():
                assert await served_by(other) != pid
                await asyncio.sleep(0.2)
        await asyncio.gather(hanging, return_exceptions=True)
        for each in opened:
            each.close()
        async with asyncio.timeout(60):
            pids: set[int] = set()
            while len(pids) < 2 or pid in pids:
                pids = set(await workers.pids())
        ends = await workers.metric("gateway_worker_ends_total")
        log = workers.gateway.log
        complaints = "\n".join(workers.gateway.complaints)

    messages = [str(each.get("message")) for each in log]
    print(*(each for each in messages if "worker" in each), sep="\n")
    assert ends == 1, "it hung, and did not end by itself, too"
    assert any(f"worker {pid} is killed" in each for each in messages)
    assert any(f"worker {pid} has ended by SIGABRT" in each for each in messages)
    assert "worker_schema.py" in complaints, "its stack shows the cause"


async def test_a_stop_during_a_roll_is_at_once(tmp_path: Path) -> None:
    async with running_workers(tmp_path) as workers:
        everyone = {each.pid for each in workers.supervisor.children(recursive=True)}
        rolling = asyncio.create_task(workers.post("/workers/roll"))
        await asyncio.sleep(0.3)
        workers.gateway.signal(signal.SIGTERM)
        assert await workers.gateway.exit_code(60) == 0
        await asyncio.gather(rolling, return_exceptions=True)
        await gone(everyone)


async def test_two_workers_cost_no_more_than_one(tmp_path: Path) -> None:
    """The CPU time for a request, of the workers and the supervisor."""
    costs: dict[int, list[float]] = {1: [], 2: []}
    shares: list[float] = []
    for repeat in range(3):
        for count, each in costs.items():
            folder = tmp_path / f"{count}-{repeat}"
            folder.mkdir()
            config = CONFIG.replace("workers: 2", f"workers: {count}")
            async with running_workers(folder, config) as workers:
                await under_load(workers, 300, nothing)
                before_s = cpu_s(workers)
                load = await under_load(workers, 3000, nothing)
                each.append((cpu_s(workers) - before_s) / load.count)
                if count == 2:
                    shares.append(max(load.served.values()) / load.count)

    one, two = (1e6 * statistics.median(costs[count]) for count in (1, 2))
    print(f"CPU per request: one {one:.0f} us, two {two:.0f} us, {two / one:.2f} times")
    print("share of the busier worker:", *(f"{share:.1%}" for share in shares))
    assert two <= 1.1 * one


async def nothing() -> None:
    await asyncio.sleep(0)


async def reload(workers: Workers, number: int) -> int:
    """Reload a configuration that differs from the last one."""
    workers.file.write_text(CONFIG + f"limits: {{depth: {number + 20}}}\n")
    return (await workers.post("/config/reload")).status_code


async def memory(workers: Workers) -> list[int]:
    pids = (await workers.get("/workers"))["workers"]
    return sorted(each["memory_bytes"] // 1_000_000 for each in pids)


def cpu_s(workers: Workers) -> float:
    everyone = [workers.supervisor, *workers.supervisor.children(recursive=True)]
    times = [each.cpu_times() for each in everyone]
    return sum(each.user + each.system for each in times)
