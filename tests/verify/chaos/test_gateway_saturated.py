"""More is asked of the gateway itself than it can do: it refuses, and works on.

First by slow work: requests that wait for a service fill the places of `max_in_flight`,
and one more is told so at once, in the protocol of what it asked. Then by number: ten
times as many clients as there are places, each asking again as soon as it is answered.
What is taken in is answered as fast as it was, for the number in progress is bounded.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.chaos import Stage
from tests.support.demo import running_demo
from tests.support.gateway import demo_config, demo_variables, running_gateway
from tests.support.honest_load import Waiting
from tests.support.insistent import Insistence, insist
from tests.support.troubles import faulty

PLACES = 50
CLIENTS = 10 * PLACES
SECONDS = 8.0
LEAST_ANSWERS = 500
QUICK_MS = 20.0
FLOOR_MS = 100.0
REFUSED = 503
HOME = "/web/v1/home?user=u1"
TITLE = "/web/v1/titles/t431?user=u1"
ROWS = {"query": '{ viewer(id: "u1") { rows { name } } }'}


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[Stage]:
    """The demo, with few places."""
    text = demo_config()
    config = tmp_path / "weir.yaml"
    config.write_text(
        text.replace("\nserver:\n", f"\nserver:\n  max_in_flight: {PLACES}\n")
    )
    async with (
        running_demo() as demo,
        running_gateway(config, demo_variables(demo.base_port)) as gateway,
    ):
        yield Stage(gateway, demo.base_port)


async def metric(http: httpx.AsyncClient, stage: Stage, series: str) -> float:
    lines = (await http.get(f"{stage.gateway.control}/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(series))


async def test_what_finds_no_place_is_told_at_once(narrow: Stage) -> None:
    refusals: list[float] = []
    statuses: Counter[int] = Counter()

    async with (
        httpx.AsyncClient(base_url=narrow.gateway.url, timeout=15) as http,
        faulty(narrow.instances("recommendations"), "slow", 0.9),
    ):

        async def ask(number: int) -> None:
            # Each for another user: requests alike would share one call.
            answer = await http.get(f"/web/v1/home?user=u{number}")
            statuses[answer.status_code] += 1

        async with asyncio.TaskGroup() as tasks:
            for number in range(1, PLACES + 1):
                tasks.create_task(ask(number))
            await asyncio.sleep(0.4)
            assert await metric(http, narrow, "gateway_requests_in_flight") == PLACES
            for _ in range(10):
                began_s = time.monotonic()
                assert (await http.get(HOME)).status_code == REFUSED
                refusals.append((time.monotonic() - began_s) * 1000)
            rest = await http.get(HOME)
            graphql = await http.post("/web/graphql", json=ROWS)
            health = await http.get("/health")

        refused = await metric(
            http, narrow, 'gateway_errors_total{error_type="GATEWAY_OVERLOADED"'
        )
    refusals.sort()
    print(f"\n\n{PLACES} places taken, p50 {refusals[5]:.1f} ms, p90 {refusals[8]:.1f}")
    assert statuses == {200: PLACES}
    assert (rest.status_code, rest.headers["retry-after"]) == (REFUSED, "1")
    assert rest.headers["content-type"] == "application/problem+json"
    assert rest.json()["code"] == "GATEWAY_OVERLOADED"
    assert (graphql.status_code, graphql.headers["retry-after"]) == (REFUSED, "1")
    (error,) = graphql.json()["errors"]
    assert error["extensions"]["code"] == "GATEWAY_OVERLOADED"
    assert health.status_code == 200
    assert refused == 12
    assert refusals[8] < QUICK_MS


async def test_a_saturated_gateway_answers_what_it_takes_in(narrow: Stage) -> None:
    port = int(narrow.gateway.url.rpartition(":")[2])
    waiting = Waiting(narrow.gateway.process.pid)

    async def measured(clients: int, title: str) -> Insistence:
        waiting.share()
        outcome = await insist(port, TITLE, clients, SECONDS)
        print("\n".join(outcome.lines(title)))
        print(f"waited for CPU {100 * waiting.share():.0f} %\n")
        return outcome

    print("\n")
    await insist(port, TITLE, PLACES, 2.0)
    full = await measured(PLACES, f"{PLACES} clients")
    beyond = await measured(CLIENTS, f"{CLIENTS} clients, {PLACES} places")

    assert full.taken_ms.keys() == {200}
    assert beyond.taken_ms.keys() == {200, REFUSED}
    assert min(full.count(200), beyond.count(200)) >= LEAST_ANSWERS
    # Refusals cost something as well: about a tenth of an answer each.
    assert beyond.count(200) / beyond.seconds > 0.7 * full.count(200) / full.seconds
    assert beyond.p_ms(200, 0.99) < 3 * max(full.p_ms(200, 0.99), FLOOR_MS)
