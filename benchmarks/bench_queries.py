"""Measures the CPU of the gateway for three federated queries.

`../shared/bench` has a supergraph, four subgraphs that store their responses, and three
queries: `light` (one subgraph), `medium` (three hops), `heavy` (the query of the public
gateway benchmark). Subgraphs and load use one core, the gateway another.

There are two measurements. Without shared calls, every request has its own fetches (50
connections; and 1, where the event loop has nothing to batch). With the default,
identical calls in flight are shared (almost all of 50 connections with one query).

    python -m benchmarks.bench_queries [--seconds 3]
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.closed_loop import Expectation, Load, expectation, run_load
from benchmarks.processes import (
    ROOT,
    Cores,
    cpu_s,
    free_port,
    own_cores,
    peak_mib,
    python,
)
from benchmarks.profile import collect, shares
from examples.streaming.load import Read

KIT = Path(os.environ.get("WEIR_SHARED", ROOT.parent / "shared")) / "bench"
QUERIES = ("light", "medium", "heavy")
SUBGRAPHS = ("accounts", "inventory", "products", "reviews")
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A configuration of the gateway, and a number of connections."""

    title: str
    coalesce: bool
    connections: int


COLUMNS = (
    Column("50 connections", coalesce=False, connections=50),
    Column("1 connection", coalesce=False, connections=1),
    Column("50, shared calls", coalesce=True, connections=50),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """The result of one query in one setting; CPU and latency in milliseconds."""

    cpu_ms: float
    p50_ms: float


@contextmanager
def subgraphs(cores: Cores) -> Iterator[int]:
    """Run the four subgraphs of the kit; yield their port."""
    port = free_port()
    command = [str(KIT / "subgraphs.py"), "--port", str(port)]
    with python(command, cores.others, f"http://127.0.0.1:{port}/health"):
        yield port


def config(folder: Path, upstream_port: int, *, coalesce: bool) -> Path:
    """Return a configuration like that of `weir serve --supergraph`."""
    text = (KIT / "supergraph.graphql").read_text()
    url = f"http://127.0.0.1:{upstream_port}"
    (folder / "supergraph.graphql").write_text(text.replace("{upstream}", url))
    upstream = {
        "instances": [url],
        "health": {"active": False},
        "coalesce": coalesce,
    }
    file = folder / f"weir-{coalesce}.yaml"
    file.write_text(
        json.dumps(
            {
                "server": {"port": free_port(), "control": f"127.0.0.1:{free_port()}"},
                "supergraph": "supergraph.graphql",
                "upstreams": dict.fromkeys(SUBGRAPHS, upstream),
                "facades": {"graph": {"path": ""}},
            }
        )
    )
    return file


@contextmanager
def gateway(
    file: Path, cores: Cores, *module: str, folder: Path = ROOT
) -> Iterator[tuple[int, int]]:
    """Serve a configuration; yield the id of the process and its port.

    The gateway is that of `folder`.
    """
    server = json.loads(file.read_text())["server"]
    command = ["-m", *module, "serve", "--config", str(file)]
    ready = f"http://{server['control']}/ready"
    with python(command, cores.gateway, ready, folder=folder) as pid:
        yield pid, server["port"]


def read(query: str) -> Read:
    text = (KIT / "queries" / f"{query}.graphql").read_text()
    return Read("POST", "/graphql", json.dumps({"query": text}))


async def measured(
    running: tuple[int, int], query: str, connections: int, seconds: float
) -> Cost:
    """Return the minimum of rounds that take about `seconds` in all."""
    pid, port = running
    asked = await expectation(port, read(query))
    requests = await calibrated(port, asked, connections, seconds / ROUNDS)
    costs: list[Cost] = []
    for _ in range(ROUNDS):
        load = Load(asked, requests)
        begun_s = cpu_s(pid)
        await run_load(port, load, connections)
        spent_s = cpu_s(pid) - begun_s
        p50_s = statistics.median(load.latencies_s)
        costs.append(Cost(spent_s / requests * 1000, p50_s * 1000))
    return min(costs, key=lambda cost: cost.cpu_ms)


async def calibrated(
    port: int, asked: Expectation, connections: int, seconds: float
) -> int:
    """Return how many requests take about `seconds`; sending them is the warm-up."""
    requests = 20
    while True:
        begun_s = time.perf_counter()
        await run_load(port, Load(asked, requests), connections)
        took_s = time.perf_counter() - begun_s
        if took_s > seconds / 4:
            return max(int(requests * seconds / took_s), 20)
        requests *= 2


def measure(seconds: float) -> Iterator[str]:
    cores = own_cores()
    with tempfile.TemporaryDirectory() as name, subgraphs(cores) as upstream_port:
        folder = Path(name)
        costs: dict[tuple[str, str], Cost] = {}
        memory_mib = 0.0
        for column in COLUMNS:
            file = config(folder, upstream_port, coalesce=column.coalesce)
            with gateway(file, cores, "weir") as running:
                for query in QUERIES:
                    costs[query, column.title] = asyncio.run(
                        measured(running, query, column.connections, seconds)
                    )
                memory_mib = peak_mib(running[0])
        yield from table(costs)
        yield f"peak memory of the gateway: {memory_mib:.0f} MiB"
        file = config(folder, upstream_port, coalesce=False)
        yield from profiled(file, cores, seconds)


def table(costs: dict[tuple[str, str], Cost]) -> Iterator[str]:
    yield f"{'CPU ms a request':18}" + "".join(f"{c.title:>20}" for c in COLUMNS)
    for query in QUERIES:
        yield f"{query:18}" + "".join(
            f"{costs[query, column.title].cpu_ms:20.3f}" for column in COLUMNS
        )
    yield f"{'p50 ms':18}"
    for query in QUERIES:
        yield f"{query:18}" + "".join(
            f"{costs[query, column.title].p50_ms:20.2f}" for column in COLUMNS
        )


def profiled(file: Path, cores: Cores, seconds: float) -> Iterator[str]:
    """Return the samples by query, without shared calls."""
    samples: dict[str, Counter[str]] = {}
    out = file.with_name("samples.json")
    with gateway(file, cores, "benchmarks.sampled", str(out)) as running:
        for query in QUERIES:
            asyncio.run(measured(running, query, 50, 1))
            collect(running[0], out)
            asyncio.run(measured(running, query, 50, seconds))
            samples[query] = collect(running[0], out)
    parts = [shares(samples[query]) for query in QUERIES]
    yield ""
    yield f"{'where the CPU goes':28}" + "".join(f"{query:>9}" for query in QUERIES)
    for part in parts[0]:
        yield f"{part:28}" + "".join(f"{each[part]:9.0%}" for each in parts)
    heavy = samples["heavy"]
    yield ""
    yield "the modules where heavy spends most"
    for module, count in heavy.most_common(10):
        yield f"  {module:44} {count / heavy.total():6.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    if not KIT.exists():
        print(f"{KIT} is missing: skipped")
        return
    begun_s = time.monotonic()
    for line in measure(options.seconds):
        print(line, flush=True)
    print(f"measured in {time.monotonic() - begun_s:.0f} s")


if __name__ == "__main__":
    main()
