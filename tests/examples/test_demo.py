"""The ten processes, and the app that calls them without a gateway."""

import os
import signal
from collections.abc import AsyncIterator

import httpx
import pytest

from examples.streaming.baseline_client import BaselineClient, service_urls
from examples.streaming.ports import addresses
from tests.support.demo import Demo, running_demo


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
