"""The ten processes, and the app that calls them without a gateway."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator

import httpx
import pytest

from examples.streaming.baseline_client import BaselineClient, service_urls
from examples.streaming.ports import addresses
from tests.support.demo import ROOT, Demo, running_demo
from tests.support.ports import free_base_port


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running_demo() as running:
        yield running


async def test_the_demo_runs_heals_and_stops(demo: Demo) -> None:
    assert len(demo.lines) == 11, "one line an instance, then ready"
    async with httpx.AsyncClient() as http:
        pids = [
            (await http.get(f"{address.url}/health")).json()["pid"]
            for address in addresses(demo.base_port)
        ]
    assert len(set(pids)) == 10

    os.kill(pids[0], signal.SIGKILL)
    await demo.line("catalog-1 ended with -9")
    assert "pid" in await demo.line("catalog-1 http")

    await screens_without_a_gateway(demo)

    demo.process.send_signal(signal.SIGTERM)
    assert await demo.process.wait() == 0


async def test_a_port_in_use_is_reported_in_one_line() -> None:
    base_port = free_base_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", base_port + 11))
        taken.listen()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "examples.streaming"),
            *("--base-port", str(base_port)),
            cwd=ROOT,
            stdout=PIPE,
            stderr=PIPE,
        )
        _, errors = await process.communicate()

    assert process.returncode == 1
    (line,) = errors.decode().splitlines()
    assert line.startswith(f"users-1 at http://127.0.0.1:{base_port + 11} ended")
    assert "address already in use" in line


async def screens_without_a_gateway(demo: Demo) -> None:
    async with BaselineClient(service_urls(demo.base_port)) as client:
        home = await client.home("u1", rows=4, titles=8, popular=6)
        title = await client.title("t1337", "u1", device="TV", similar=4, reviews=3)
        search = await client.search("king", "u1", first=10)

    assert (home.requests, title.requests, search.requests) == (5, 4, 3)
    assert len(home.data["viewer"]["rows"]) == 4
    begun = home.data["viewer"]["rows"][0]["titles"][0]
    assert begun["progress"]["remainingSeconds"] > 0
    assert title.data["title"]["reviews"][0]["author"]["name"]
    assert len(search.data["search"]) == 10
