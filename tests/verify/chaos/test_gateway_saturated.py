"""A gateway that gets more requests than it can serve rejects some and serves the rest.

First, slow requests occupy all places of `max_in_flight`, and each further request is
rejected at once, in the protocol of its endpoint. Then ten times as many clients as
places send requests, each as soon as it has a response. Requests that are accepted are
served as fast as before, because their number is bounded.
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
from tests.support.pace import measured_pace
from tests.support.troubles import faulty

PLACES = 50
CLIENTS = 10 * PLACES
IN_FLIGHT = "gateway_requests_in_flight"
SLOW_S = 2.0
"""How long requests occupy all places, on a usual machine."""
TAKEN_WITHIN_S = 20.0
SECONDS = 8.0
LEAST_RESPONSES = 500
QUICK_MS = 20.0
FLOOR_MS = 100.0
REJECTED = 503
HOME = "/web/v1/home?user=u1"
TITLE = "/web/v1/titles/t431?user=u1"
ROWS = {"query": '{ viewer(id: "u1") { rows { name } } }'}


@pytest.fixture
async def narrow(tmp_path: Path) -> AsyncIterator[Stage]:
    """Yield the demo with few places."""
    text = demo_config()
    for old, new in (
        (
            "\nserver:\n",
            f"\nserver:\n  max_in_flight: {PLACES}\n  request_timeout: 60s\n",
        ),
        ("timeout: {attempt: 1s, total: 2s}", "timeout: {attempt: 30s, total: 60s}"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    config = tmp_path / "weir.yaml"
    config.write_text(text)
    async with (
        running_demo() as demo,
        running_gateway(config, demo_variables(demo.base_port)) as gateway,
    ):
        yield Stage(gateway, demo.base_port)


async def metric(http: httpx.AsyncClient, stage: Stage, series: str) -> float:
    lines = (await http.get(f"{stage.gateway.control}/metrics")).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(series))


async def until_taken(http: httpx.AsyncClient, stage: Stage) -> None:
    """Wait until all places are occupied."""
    async with asyncio.timeout(TAKEN_WITHIN_S):
        while await metric(http, stage, IN_FLIGHT) < PLACES:  # noqa: ASYNC110 - polls a process
            await asyncio.sleep(0.02)


async def test_a_request_without_a_place_is_rejected_at_once(narrow: Stage) -> None:
    pace = await measured_pace(narrow.gateway.url)
    rejections_ms: list[float] = []
    statuses: Counter[int] = Counter()

    async with (
        httpx.AsyncClient(base_url=narrow.gateway.url, timeout=60) as http,
        faulty(narrow.instances("recommendations"), "slow", pace.allowed(SLOW_S)),
    ):

        async def send(number: int) -> None:
            # Each is for another user, because equal requests share one call.
            response = await http.get(f"/web/v1/home?user=u{number}")
            statuses[response.status_code] += 1

        async with asyncio.TaskGroup() as tasks:
            for number in range(1, PLACES + 1):
                tasks.create_task(send(number))
            await until_taken(http, narrow)
            for _ in range(10):
                began_s = time.monotonic()
                assert (await http.get(HOME)).status_code == REJECTED
                rejections_ms.append((time.monotonic() - began_s) * 1000)
            rest = await http.get(HOME)
            graphql = await http.post("/web/graphql", json=ROWS)
            health = await http.get("/health")

        rejected = await metric(
            http, narrow, 'gateway_errors_total{error_type="GATEWAY_OVERLOADED"'
        )
    rejections_ms.sort()
    p50_ms, p90_ms = rejections_ms[5], rejections_ms[8]
    print(f"\n\n{PLACES} places taken, p50 {p50_ms:.1f} ms, p90 {p90_ms:.1f} ms")
    assert statuses == {200: PLACES}
    assert (rest.status_code, rest.headers["retry-after"]) == (REJECTED, "1")
    assert rest.headers["content-type"] == "application/problem+json"
    assert rest.json()["code"] == "GATEWAY_OVERLOADED"
    assert (graphql.status_code, graphql.headers["retry-after"]) == (REJECTED, "1")
    (error,) = graphql.json()["errors"]
    assert error["extensions"]["code"] == "GATEWAY_OVERLOADED"
    assert health.status_code == 200
    assert rejected == 12
    assert p90_ms < pace.allowed(QUICK_MS)


async def test_a_saturated_gateway_serves_accepted_requests(narrow: Stage) -> None:
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
    assert beyond.taken_ms.keys() == {200, REJECTED}
    assert min(full.count(200), beyond.count(200)) >= LEAST_RESPONSES
    # A rejection costs about a tenth of a response.
    assert beyond.count(200) / beyond.seconds > 0.7 * full.count(200) / full.seconds
    assert beyond.p_ms(200, 0.99) < 3 * max(full.p_ms(200, 0.99), FLOOR_MS)
