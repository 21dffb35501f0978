"""Workers, from outside: who serves, what a kill does, what the control port sees."""

import asyncio
import signal
from pathlib import Path

import httpx
import psutil

from tests.support.conditions import until
from tests.support.workers import CONFIG, Workers, gone, running_workers, served_by


async def test_workers_share_the_port_and_are_one_gateway(tmp_path: Path) -> None:
    async with running_workers(tmp_path) as workers:
        before = await is_balanced(workers)
        await metrics_are_summed(workers, requests=50)
        await requests_of_all_are_explained(workers)
        await a_reload_reaches_all(workers)
        await a_killed_worker_is_replaced(workers, next(iter(before)))
        await a_killed_template_is_replaced(workers)
        await roll_replaces_all(workers)

        everyone = {each.pid for each in workers.supervisor.children(recursive=True)}
        workers.gateway.signal(signal.SIGTERM)
        assert await workers.gateway.exit_code() == 0
        await gone(everyone)


async def is_balanced(workers: Workers) -> set[int]:
    pids = await workers.pids(50)
    assert len(pids) == 2
    assert all(abs(count - 25) <= 2 for count in pids.values()), pids
    template = workers.template
    assert template is not None
    assert {each.pid for each in template.children()} == set(pids)
    assert template.num_threads() == 1
    return set(pids)


async def metrics_are_summed(workers: Workers, requests: int) -> None:
    assert await workers.metric("gateway_requests_total") == requests


async def requests_of_all_are_explained(workers: Workers) -> None:
    async with httpx.AsyncClient(base_url=workers.gateway.control) as http:
        recent = (await http.get("/requests/recent?limit=500")).json()["requests"]
        for each in (recent[0], recent[-1]):
            explained = (await http.get(f"/requests/{each['request_id']}")).json()
            assert explained["summary"]["duration_s"] == each["duration_s"]
    assert len(recent) == 50


async def a_reload_reaches_all(workers: Workers) -> None:
    before = await workers.connect()
    pid = await served_by(before)
    workers.file.write_text(CONFIG.replace("path: /web", "path: /tv"))
    assert (await workers.post("/config/reload")).status_code == 200
    assert len(await workers.pids(8, "/tv")) == 2
    assert await served_by(before, "/tv") == pid, "the connection has its worker"
    before.close()


async def a_killed_worker_is_replaced(workers: Workers, pid: int) -> None:
    counted = await workers.metric("gateway_requests_total")
    psutil.Process(pid).kill()
    await eventually_two(workers, without=pid)
    assert await workers.metric("gateway_requests_total") >= counted
    assert await workers.metric('gateway_workers{state="serving"}') == 2
    assert await workers.metric("gateway_workers_configured") == 2
    assert await workers.metric('gateway_worker_ends_total{reason="ended"}') == 1
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{workers.gateway.control}/ready")).status_code == 200


async def a_killed_template_is_replaced(workers: Workers) -> None:
    template = workers.template
    assert template is not None
    template.kill()
    (one, _) = await workers.pids(8, "/tv")
    psutil.Process(one).kill()
    await eventually_two(workers, without=one)


async def roll_replaces_all(workers: Workers) -> None:
    before = set(await workers.pids(8, "/tv"))
    assert (await workers.post("/workers/roll")).status_code == 200
    after = set(await workers.pids(8, "/tv"))
    assert not before & after
    await gone(before)


async def eventually_two(workers: Workers, without: int) -> None:
    """Wait until two workers serve, not the one that has ended."""
    async with asyncio.timeout(60):
        pids: set[int] = set()
        while len(pids) < 2 or without in pids:
            pids = set(await workers.pids(8, "/tv"))


async def test_all_processes_end_with_a_killed_supervisor(tmp_path: Path) -> None:
    async with running_workers(tmp_path) as workers:
        everyone = {each.pid for each in workers.supervisor.children(recursive=True)}
        workers.gateway.signal(signal.SIGKILL)
        assert len(everyone) == 3
        await gone(everyone)
        await until(lambda: workers.gateway.process.returncode is not None)


MODULE = """
import strawberry, sys
if "weir.bffs.workers.template" in sys.argv and open("{flag}").read():
    raise RuntimeError("broken code")

@strawberry.type
class Query:
    @strawberry.field
    def pid(self) -> int:
        import os
        return os.getpid()

schema = strawberry.federation.Schema(query=Query)
"""


async def test_a_roll_to_broken_code_leaves_the_workers(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    flag.write_text("")
    (tmp_path / "breakable.py").write_text(MODULE.format(flag=flag))
    config = CONFIG.replace("tests.support.worker_schema", "breakable")
    async with running_workers(tmp_path, config) as workers:
        before = {each.pid for each in workers.supervisor.children(recursive=True)}
        flag.write_text("broken")
        roll = await workers.post("/workers/roll")
        flag.write_text("")

        assert (roll.status_code, roll.json()["code"]) == (422, "ROLL_FAILED")
        assert "broken code" in roll.json()["detail"]
        assert set(await workers.pids()) <= before
        # The workers are not children of the new template, which has none.
        await until(lambda: len(workers.supervisor.children(recursive=True)) == 1)
