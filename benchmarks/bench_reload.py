"""Measures the latency of requests with and without reloads.

    python -m benchmarks.bench_reload [--rate 20] [--seconds 20] [--rounds 3]
        [--every 1]

It starts the demo's services and the gateway in their own processes. Requests are sent
at a fixed rate, regardless of the earlier ones, and a latency counts from the time when
the request was due. So a stalled gateway does not reduce the load. The load is well
below the capacity of the gateway. Rounds take turns, so that other work of the machine
affects all: one without reloads; one in which each reload changes how a service is
called; and one in which each reload changes the schema, so that the gateway composes in
a child process, builds the graph and plans its operations again.

Every response is verified: status 200 and no errors. A reload that fails ends the run.
The figures do not include TLS and a network. Load, services and gateway share the
machine with the child process.
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
from enum import Enum
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from examples.streaming.ports import addresses
from tests.support.demo import running_demo
from tests.support.gateway import (
    Gateway,
    demo_config,
    demo_variables,
    running_gateway,
)

HOME = "/v1/home"
GRAPHQL = {"query": "{ popular(first: 3) { name year genre { name } } }"}
OK = 200
WARM_UP_S = 3.0
BUSY_MS = 250.0


@dataclass
class Measured:
    """Latencies of requests and durations of reloads, in ms."""

    latencies: list[float] = field(default_factory=list[float])
    reloads: list[float] = field(default_factory=list[float])

    def add(self, other: "Measured") -> None:
        self.latencies += other.latencies
        self.reloads += other.reloads


def requests(http: httpx.AsyncClient) -> Iterator[httpx.Request]:
    """Return the requests of the load: three façades, REST and GraphQL."""
    yield from cycle(
        (
            http.build_request("GET", f"/web{HOME}"),
            http.build_request("GET", f"/mobile{HOME}"),
            http.build_request("GET", "/tv/v1/titles/t1"),
            http.build_request("POST", "/web/graphql", json=GRAPHQL),
        )
    )


async def measure(http: httpx.AsyncClient, rate: float, seconds: float) -> list[float]:
    """Send requests at `rate` per second; return the latencies in ms."""
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


class Changes(Enum):
    """The change of each reload."""

    NOTHING = "no reloads"
    CALLS = "other calls"
    SCHEMA = "another schema"


@dataclass
class Configuration:
    """The configuration of the demo, copied into a folder where it can be changed."""

    folder: Path
    text: str
    sdl: str
    written: int = 0

    @property
    def file(self) -> Path:
        return self.folder / "weir.yaml"

    def change(self, what: Changes) -> None:
        """Write it with a change of the given kind."""
        self.written += 1
        failures = self.written if what is Changes.CALLS else 5
        text = self.text.replace("failures: 5", f"failures: {failures}", 1)
        field = f"asked{self.written}" if what is Changes.SCHEMA else "asked"
        self.file.write_text(text)
        extension = f"extend type Query {{ {field}: Int @federation__inaccessible }}"
        (self.folder / "reviews.graphql").write_text(f"{self.sdl}\n{extension}\n")


async def configuration(folder: Path, base_port: int) -> Configuration:
    """Return the configuration of the demo, with the SDL of one service in a file."""
    text = demo_config()
    before, after = "{upstream: reviews}", "{upstream: reviews, sdl: reviews.graphql}"
    assert before in text
    url = next(each.url for each in addresses(base_port) if each.service == "reviews")
    async with httpx.AsyncClient() as http:
        query = {"query": "{ _service { sdl } }"}
        answer = (await http.post(f"{url}/graphql", json=query)).json()
    sdl = answer["data"]["_service"]["sdl"]
    return Configuration(folder, text.replace(before, after), sdl)


@asynccontextmanager
async def reloading(
    control: httpx.AsyncClient, config: Configuration, changes: Changes, every_s: float
) -> AsyncIterator[list[float]]:
    """Reload every `every_s`; yield the duration of each, in ms."""
    durations: list[float] = []

    async def again() -> None:
        while changes is not Changes.NOTHING:
            config.change(changes)
            start_s = time.perf_counter()
            response = await control.post("/config/reload", timeout=30)
            took_s = time.perf_counter() - start_s
            assert response.status_code == OK, response.text
            durations.append(took_s * 1000)
            await asyncio.sleep(max(0.0, every_s - took_s))

    async with asyncio.TaskGroup() as group:
        task = group.create_task(again())
        yield durations
        task.cancel()


async def compare(
    gateway: Gateway, config: Configuration, asked: argparse.Namespace
) -> dict[Changes, Measured]:
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    measured = {changes: Measured() for changes in Changes}
    async with (
        httpx.AsyncClient(base_url=gateway.url, limits=limits, timeout=30) as http,
        httpx.AsyncClient(base_url=gateway.control) as control,
    ):
        await measure(http, asked.rate, WARM_UP_S)
        for _ in range(asked.rounds):
            for changes in Changes:
                async with reloading(
                    control, config, changes, asked.every
                ) as durations:
                    latencies = await measure(http, asked.rate, asked.seconds)
                measured[changes].add(Measured(latencies, durations))
    return measured


def show(name: str, measured: Measured) -> None:
    cuts = statistics.quantiles(measured.latencies, n=1000, method="inclusive")
    p50, p90, p99, p999 = (cuts[each] for each in (499, 899, 989, 998))
    reloads = measured.reloads
    took = f"{len(reloads)} of {statistics.median(reloads):.0f} ms" if reloads else "-"
    print(
        f"| {name} | {len(measured.latencies)} | {p50:.1f} | {p90:.1f} | {p99:.1f}"
        f" | {p999:.1f} | {max(measured.latencies):.1f} | {took} |"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20, help="requests per second")
    parser.add_argument("--seconds", type=float, default=20, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--every", type=float, default=1, help="seconds, a reload")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        async with running_demo() as demo:
            config = await configuration(Path(folder), demo.base_port)
            config.change(Changes.NOTHING)
            variables = demo_variables(demo.base_port)
            async with running_gateway(config.file, variables) as gateway:
                measured = await compare(gateway, config, asked)
    if statistics.median(measured[Changes.NOTHING].latencies) > BUSY_MS:
        sys.exit("most requests wait even without reloads; use a lower --rate")
    load = os.getloadavg()[0]
    print(
        f"{asked.rate:g} requests/s; Python {platform.python_version()},"
        f" {os.cpu_count()} CPUs, load average {load:.1f}\n"
    )
    print("| | requests | p50 ms | p90 ms | p99 ms | p99.9 ms | max ms | reloads |")
    print("|---|--:|--:|--:|--:|--:|--:|---|")
    for changes, each in measured.items():
        show(changes.value, each)


if __name__ == "__main__":
    asyncio.run(main())
