"""Clients that send costly operations and leave: nobody else pays for them.

Every document is within the limits, and new to the gateway. One takes about a second.
"""

import asyncio
import json
import re
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio

from tests.support.gateway import Gateway, running_gateway
from tests.support.ports import free_port

pytestmark = pytest.mark.asyncio(loop_scope="module")

CLIENTS = 10
ROUNDS = 9
MOST_DELAY_S = 0.1
MOST_WAITING = 8
MOST_GROWTH_KB = 64_000

LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
"""
SUBGRAPHS = {
    "a": 'type Query { t(x: Int): T } type T @key(fields: "id") { id: ID! a: Int }',
    "b": 'type T @key(fields: "id") { id: ID! b: Int t: T }',
    "c": 'type T @key(fields: "id") { id: ID! c: Int u: T }',
}
CONFIG = """
server:
  port: "${WEIR_PORT}"
  control: "${WEIR_CONTROL}"
  max_in_flight: 32
  request_timeout: 60s
  drain_delay: 0s
  drain_timeout: 100ms
upstreams:
  things: {instances: ["http://127.0.0.1:${THINGS_PORT}"], health: {active: false}}
subgraphs:
  a: {upstream: things, sdl: a.graphql}
  b: {upstream: things, sdl: b.graphql}
  c: {upstream: things, sdl: c.graphql}
facades:
  web: {path: ""}
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("leaving")
    for name, sdl in SUBGRAPHS.items():
        (folder / f"{name}.graphql").write_text(LINK + sdl)
    config = folder / "weir.yaml"
    config.write_text(CONFIG)
    return config


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(config: Path) -> AsyncIterator[Gateway]:
    async with running_gateway(config, {"THINGS_PORT": str(free_port())}) as gateway:
        yield gateway


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client with another address than those that leave."""
    newcomer = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(
        base_url=gateway.url, transport=newcomer, timeout=60
    ) as client:
        yield client


def costly(name: str) -> str:
    """Return an operation of 450 root fields that three services resolve in turns."""
    fields = " ".join(
        f"x{n}: t(x: {n}) {{ b c t {{ c u {{ b }} }} }}" for n in range(450)
    )
    return f"query {name} {{ {fields} }}"


async def send(gateway: Gateway, query: str) -> asyncio.StreamWriter:
    """Send a query over a connection of its own, and return without the response."""
    target = urlsplit(gateway.url)
    _, writer = await asyncio.open_connection(target.hostname, target.port)
    body = json.dumps({"query": query}).encode()
    writer.write(
        b"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(body), body)
    )
    await writer.drain()
    return writer


async def leave(writers: list[asyncio.StreamWriter]) -> None:
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers))


async def first_query_s(http: httpx.AsyncClient, name: str) -> float:
    started_s = time.monotonic()
    query = f"query {name} {{ __typename }}"
    response = await http.post("/graphql", json={"query": query})
    assert response.json() == {"data": {"__typename": "Query"}}
    return time.monotonic() - started_s


async def waiting(gateway: Gateway) -> int:
    async with httpx.AsyncClient() as control:
        ready = (await control.get(f"{gateway.control}/ready")).json()
    count = ready["preparations"]["waiting"]
    assert isinstance(count, int)
    return count


async def nothing_waits(gateway: Gateway) -> None:
    """Return when the queue is empty: the gateway learns of an end a moment later.

    If the preparations were not cancelled, they would take several seconds.
    """
    async with asyncio.timeout(2):
        while await waiting(gateway):  # noqa: ASYNC110 - a state of another process
            await asyncio.sleep(0.01)


def memory_kb(gateway: Gateway) -> int:
    status = Path(f"/proc/{gateway.process.pid}/status").read_text()
    (resident,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(resident)


async def test_clients_that_leave_at_once_do_not_delay_a_new_client(
    gateway: Gateway,
    http: httpx.AsyncClient,
) -> None:
    for number in range(3):
        await first_query_s(http, f"Warm{number}")
    undisturbed_s = [await first_query_s(http, f"Before{n}") for n in range(ROUNDS)]
    disturbed_s = list[float]()
    for number in range(ROUNDS):
        writers = [
            await send(gateway, costly(f"Left{number}x{n}")) for n in range(CLIENTS)
        ]
        await leave(writers)
        disturbed_s.append(await first_query_s(http, f"After{number}"))

    delay_s = median(disturbed_s) - median(undisturbed_s)
    assert delay_s < MOST_DELAY_S
    await nothing_waits(gateway)


async def test_clients_that_leave_occupy_neither_the_queue_nor_memory(
    gateway: Gateway,
    http: httpx.AsyncClient,
) -> None:
    before_kb = memory_kb(gateway)
    for number in range(20):
        writers = [
            await send(gateway, costly(f"Gone{number}x{n}")) for n in range(CLIENTS)
        ]
        assert await waiting(gateway) <= MOST_WAITING
        await leave(writers)
    await first_query_s(http, "Last")

    growth_kb = memory_kb(gateway) - before_kb
    await nothing_waits(gateway)
    assert growth_kb < MOST_GROWTH_KB


async def test_beyond_the_queue_clients_are_rejected_with_a_time_to_retry(
    gateway: Gateway, http: httpx.AsyncClient
) -> None:
    async with httpx.AsyncClient(base_url=gateway.url, timeout=60) as crowd:
        queries = [costly(f"Many{n}") for n in range(MOST_WAITING + 4)]
        tasks = [
            asyncio.create_task(crowd.post("/graphql", json={"query": query}))
            for query in queries
        ]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        response = done.pop().result()
        await first_query_s(http, "BesideMany")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    (error,) = response.json()["errors"]
    assert response.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert error["extensions"]["code"] == "PLANNER_OVERLOADED"
    assert response.headers["retry-after"] == "1"


async def test_a_preparation_does_not_hold_up_the_end_of_the_process(
    config: Path,
) -> None:
    async with AsyncExitStack() as stack:
        running = running_gateway(config, {"THINGS_PORT": str(free_port())})
        gateway = await stack.enter_async_context(running)
        writers = [await send(gateway, costly(f"Stays{n}")) for n in range(CLIENTS)]
        started_s = time.monotonic()
        gateway.signal(signal.SIGTERM)
        await gateway.exit_code()
        took_s = time.monotonic() - started_s
        await leave(writers)

    assert took_s < 10
    assert "Traceback" not in "".join(gateway.complaints)
