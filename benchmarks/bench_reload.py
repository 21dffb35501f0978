"""What do reloads cost those who are being answered? The p99 with one every second.

    python -m benchmarks.bench_reload [--rate 20] [--seconds 20] [--rounds 3]

Starts the demo's services and the gateway, each in processes of their own. Requests
come at a fixed rate, whatever became of those before, and a latency counts from when
its request was due: a stalled gateway cannot hide by being asked less. The load is
bounded, well below what the gateway can do, as one that works at its limit has no time
to spare for anything. Rounds without and with reloads take turns, so that whatever else
the machine does falls on both. Each reload reads the configuration, asks services for
their SDL, composes in a child process, plans the stored operations and swaps.

Every answer is checked: status 200 and no errors. A reload that fails ends the run.
Not in the figures: TLS, a network. Load, services and gateway share the machine: the
child's CPU is taken from all of them.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.support.demo import running_demo
from tests.support.gateway import Gateway, demo_variables, running_gateway

HOME = "/v1/home"
GRAPHQL = {"query": "{ popular(first: 3) { name year genre { name } } }"}
OK = 200
WARM_UP_S = 3.0
BUSY_MS = 250.0
RELOAD_EVERY_S = 1.0


@dataclass
class Measured:
    """Latencies of requests and durations of reloads, in ms."""

    latencies: list[float] = field(default_factory=list[float])
    reloads: list[float] = field(default_factory=list[float])

    def add(self, other: "Measured") -> None:
        self.latencies += other.latencies
        self.reloads += other.reloads


def requests(http: httpx.AsyncClient) -> Iterator[httpx.Request]:
    """The same few requests, in turn: three façades, REST and GraphQL."""
    yield from cycle(
        (
            http.build_request("GET", f"/web{HOME}"),
            http.build_request("GET", f"/mobile{HOME}"),
            http.build_request("GET", "/tv/v1/titles/t1"),
            http.build_request("POST", "/web/graphql", json=GRAPHQL),
        )
    )


async def measure(http: httpx.AsyncClient, rate: float, seconds: float) -> list[float]:
    """Ask at `rate` per second; returns the latencies in ms."""
    latencies: list[float] = []
    start_s = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests(http)):
            due_s = start_s + number / rate
            if due_s - start_s >= seconds:
                break
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            group.create_task(_ask(http, request, due_s, latencies))
    return latencies


async def _ask(
    http: httpx.AsyncClient,
    request: httpx.Request,
    due_s: float,
    latencies: list[float],
) -> None:
    response = await http.send(request)
    latencies.append((time.perf_counter() - due_s) * 1000)
    assert response.status_code == OK, response.text
    assert b'"errors"' not in response.content, response.text


@asynccontextmanager
async def reloading(control: httpx.AsyncClient) -> AsyncIterator[list[float]]:
    """Reload every second; yields how long each took, in ms."""
    durations: list[float] = []

    async def again() -> None:
        while True:
            start_s = time.perf_counter()
            response = await control.post("/config/reload", timeout=30)
            took_s = time.perf_counter() - start_s
            assert response.status_code == OK, response.text
            durations.append(took_s * 1000)
            await asyncio.sleep(max(0.0, RELOAD_EVERY_S - took_s))

    async with asyncio.TaskGroup() as group:
        task = group.create_task(again())
        yield durations
        task.cancel()


async def compare(
    gateway: Gateway, rate: float, seconds: float, rounds: int
) -> tuple[Measured, Measured]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with (
        httpx.AsyncClient(base_url=gateway.url, limits=limits, timeout=30) as http,
        httpx.AsyncClient(base_url=gateway.control) as control,
    ):
        await measure(http, rate, WARM_UP_S)
        quiet, busy = Measured(), Measured()
        for _ in range(rounds):
            quiet.add(Measured(await measure(http, rate, seconds)))
            async with reloading(control) as durations:
                latencies = await measure(http, rate, seconds)
            busy.add(Measured(latencies, durations))
    return quiet, busy


def show(name: str, measured: Measured) -> None:
    cuts = statistics.quantiles(measured.latencies, n=1000, method="inclusive")
    p50, p90, p99, p999 = (cuts[each] for each in (499, 899, 989, 998))
    print(
        f"| {name} | {len(measured.latencies)} | {p50:.1f} | {p90:.1f} | {p99:.1f}"
        f" | {p999:.1f} | {max(measured.latencies):.1f} |"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20, help="requests per second")
    parser.add_argument("--seconds", type=float, default=20, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    async with (
        running_demo() as demo,
        running_gateway(variables=demo_variables(demo.base_port)) as gateway,
    ):
        quiet, busy = await compare(gateway, asked.rate, asked.seconds, asked.rounds)
    if statistics.median(quiet.latencies) > BUSY_MS:
        sys.exit("without reloads already most requests wait: ask at a lower --rate")
    load = os.getloadavg()[0]
    print(
        f"{asked.rate:g} requests/s; Python {platform.python_version()},"
        f" {os.cpu_count()} CPUs, load average {load:.1f}\n"
    )
    print("| | requests | p50 ms | p90 ms | p99 ms | p99.9 ms | max ms |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    show("no reloads", quiet)
    show("a reload every second", busy)
    print(
        f"\n{len(busy.reloads)} reloads, {statistics.median(busy.reloads):.0f} ms each"
        f" (median), {max(busy.reloads):.0f} ms at most; no request failed"
    )


if __name__ == "__main__":
    asyncio.run(main())
