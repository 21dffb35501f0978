"""Measures the CPU of the gateway for a home screen.

The demo's services and the load use one core, the gateway another. Each connection
requests the home screen of a façade over REST, and sends the next request after each
response. The services are written in Python and set the rate: the gateway is never idle
for long, and never saturated.

Identical calls in flight are not shared (`coalesce: false`), as if each request came
from a different user. The last column has the cost with shared calls, as by default:
all connections send the same request, so that most calls are shared.

The cost of the resolvers in the gateway's process (the demo's `viewer` subgraph:
Strawberry and graphql-core) comes from sampling. A second run records the running
module every few milliseconds of CPU. The share of samples is the share of CPU. The
calls of the resolvers (users, recommendations) count as traffic.

    python -m benchmarks.bench_screens [--requests 200] [--connections 8]
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import httpx

from benchmarks.closed_loop import Load, expectation, run_load
from benchmarks.processes import (
    ROOT,
    Cores,
    cpu_s,
    free_port,
    own_cores,
    peak_mib,
    python,
)
from benchmarks.profile import IN_PROCESS, collect, shares
from examples.streaming.load import Read
from examples.streaming.ports import addresses, environment
from examples.streaming.service_logs import ServiceLogs
from tests.support.gateway import demo_config

FACADES = ("web", "mobile", "tv")
CONFIG = ROOT / "examples" / "streaming" / "weir.yaml"
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The home screen of one façade."""

    facade: str
    answered_bytes: int
    calls: int
    cpu_ms: float
    shared_cpu_ms: float
    p50_ms: float
    samples: Counter[str]

    @property
    def in_process_ms(self) -> float:
        return self.cpu_ms * shares(self.samples)[IN_PROCESS]


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway: its process, its port, the base port of the services."""

    pid: int
    port: int
    base_port: int


@contextmanager
def services(cores: Cores) -> Iterator[int]:
    """Run the demo's services; yield their base port."""
    base_port = free_port() - 50
    last = list(addresses(base_port))[-1]
    command = ["-m", "examples.streaming", "--base-port", str(base_port)]
    with python(command, cores.others, f"{last.url}/health"):
        yield base_port


@dataclass(frozen=True, slots=True)
class Setting:
    """The base port of the services, and the configuration of the gateway."""

    base_port: int
    cores: Cores
    config: Path

    @contextmanager
    def gateway(self, *module: str) -> Iterator[Running]:
        port, control = free_port(), free_port()
        variables = environment(self.base_port) | {
            "WEIR_PORT": str(port),
            "WEIR_CONTROL": f"127.0.0.1:{control}",
        }
        command = ["-m", *module, "serve", "--config", str(self.config)]
        ready = f"http://127.0.0.1:{control}/ready"
        with python(command, self.cores.gateway, ready, variables) as pid:
            yield Running(pid, port, self.base_port)


def unshared(folder: Path) -> Path:
    """Return the demo's configuration with `coalesce: false` for all upstreams."""
    text = demo_config()
    changed = text.replace("  balancing:", "  coalesce: false\n  balancing:")
    assert changed.count("coalesce: false") == 1
    file = folder / "weir.yaml"
    file.write_text(changed)
    return file


def home(facade: str) -> Read:
    return Read("GET", f"/{facade}/v1/home")


async def calls_made(running: Running, facade: str) -> int:
    """Return the number of requests to the services for one screen."""
    url = f"http://127.0.0.1:{running.port}{home(facade).path}"
    async with httpx.AsyncClient() as http:
        logs = ServiceLogs(http, running.base_port)
        await logs.reset()
        (await http.get(url)).raise_for_status()
        return (await logs.asked()).requests.total()


async def loaded(
    running: Running, facade: str, requests: int, connections: int
) -> tuple[float, float]:
    """Return CPU seconds per request, and the median latency in seconds."""
    asked = await expectation(running.port, home(facade))
    await run_load(running.port, Load(asked, requests // 5), connections)
    load = Load(asked, requests)
    begun_s = cpu_s(running.pid)
    await run_load(running.port, load, connections)
    spent_s = cpu_s(running.pid) - begun_s
    return spent_s / requests, statistics.median(load.latencies_s)


Loaded: TypeAlias = tuple[float, float]


def rounds(running: Running, count: int, size: tuple[int, int]) -> dict[str, Loaded]:
    """Return the minimum CPU and latency of `count` rounds with all façades in turn.

    Other work of the machine can only add to them.
    """
    found = [
        {each: asyncio.run(loaded(running, each, *size)) for each in FACADES}
        for _ in range(count)
    ]
    return {
        each: (
            min(one[each][0] for one in found),
            min(one[each][1] for one in found),
        )
        for each in FACADES
    }


def measure(requests: int, connections: int) -> tuple[list[Cost], float]:
    """Return the cost of each façade's home, and the gateway's memory in MiB."""
    cores, size = own_cores(), (requests, connections)
    with tempfile.TemporaryDirectory() as folder, services(cores) as base_port:
        setting = Setting(base_port, cores, unshared(Path(folder)))
        with setting.gateway("weir") as running:
            calls = {each: asyncio.run(calls_made(running, each)) for each in FACADES}
            alone = rounds(running, ROUNDS, size)
            memory_mib = peak_mib(running.pid)
        samples = sampled(setting, Path(folder), size)
        with Setting(base_port, cores, CONFIG).gateway("weir") as running:
            shared = rounds(running, ROUNDS, size)
    costs = [
        Cost(
            facade=each,
            answered_bytes=samples[each][1],
            calls=calls[each],
            cpu_ms=alone[each][0] * 1000,
            shared_cpu_ms=shared[each][0] * 1000,
            p50_ms=alone[each][1] * 1000,
            samples=samples[each][0],
        )
        for each in FACADES
    ]
    return costs, memory_mib


def sampled(
    setting: Setting, folder: Path, size: tuple[int, int]
) -> dict[str, tuple[Counter[str], int]]:
    """Return the samples by façade, and the size of its response."""
    found: dict[str, tuple[Counter[str], int]] = {}
    file = folder / "samples.json"
    with setting.gateway("benchmarks.sampled", str(file)) as running:
        for each in FACADES:
            body = asyncio.run(expectation(running.port, home(each))).body
            asyncio.run(loaded(running, each, size[0] // 5, size[1]))
            collect(running.pid, file)
            asyncio.run(loaded(running, each, *size))
            found[each] = (collect(running.pid, file), len(body))
    return found


def report(costs: list[Cost], memory_mib: float) -> Iterator[str]:
    yield (
        "home      bytes  calls   CPU ms   in-process  without  requests/s   p50"
        "   CPU ms with"
    )
    yield (
        "                 a req.  a req.   resolvers   them     a core       ms"
        "    shared calls"
    )
    for each in costs:
        rest_ms = each.cpu_ms - each.in_process_ms
        yield (
            f"{each.facade:7} {each.answered_bytes:7,} {each.calls:6}"
            f" {each.cpu_ms:8.2f} {each.in_process_ms:10.2f} {rest_ms:9.2f}"
            f" {1000 / each.cpu_ms:10.0f}"
            f" {each.p50_ms:8.1f} {each.shared_cpu_ms:10.2f}"
        )
    yield f"peak memory of the gateway: {memory_mib:.0f} MiB"
    yield ""
    yield "where the CPU goes, % of samples    " + "".join(
        f"{each.facade:>8}" for each in costs
    )
    parts = [shares(each.samples) for each in costs]
    for part in parts[0]:
        yield f"{part:34}  " + "".join(f"{each[part]:8.0%}" for each in parts)
    count = ", ".join(str(each.samples.total()) for each in costs)
    yield f"(of {count} samples)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--connections", type=int, default=8)
    options = parser.parse_args()
    begun_s = time.monotonic()
    print("\n".join(report(*measure(options.requests, options.connections))))
    print(f"measured in {time.monotonic() - begun_s:.0f} s")


if __name__ == "__main__":
    main()
