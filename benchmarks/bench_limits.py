"""Measures what rate limits cost the gateway, for the light query of `bench_queries`.

One gateway without limits and one for each kind run side by side. They get the same
load in turn, so that a slow minute of the machine affects all. A request counts for one
limit by address, which is never reached, and its response describes it. A figure is the
least of the rounds, as other work of the machine only adds to it.

    python -m benchmarks.bench_limits [--requests 3000] [--rounds 9]
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench_queries import KIT, config, gateway, read, subgraphs
from benchmarks.bench_tracing import WARM_UP, round_ms
from benchmarks.closed_loop import expectation
from benchmarks.processes import free_port, own_cores

LIMITS = {"address": {"rate": "100000 per 1s", "key": "address"}}
NONE, IN_PROCESS, SHARED = "no limits", "in process", "with Redis"


@contextmanager
def redis_server(port: int) -> Iterator[None]:
    command = ("redis-server", "--port", str(port), "--save", "", "--dir", "/tmp")  # noqa: S108 - nothing is saved
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - the server of the benchmark
    time.sleep(0.5)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def limited(file: Path, name: str, sections: dict[str, Any]) -> Path:
    """Write the configuration of `file` with more sections, and ports of its own."""
    document = json.loads(file.read_text())
    document["server"] = {
        "port": free_port(),
        "control": f"127.0.0.1:{free_port()}",
    }
    written = file.with_name(f"{name.replace(' ', '-')}.yaml")
    written.write_text(json.dumps({**document, **sections}))
    return written


def measure(requests: int, rounds: int) -> Iterator[str]:
    cores = own_cores()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream_port = stack.enter_context(subgraphs(cores))
        file = config(folder, upstream_port, coalesce=False)
        redis = free_port()
        stack.enter_context(redis_server(redis))
        kinds: dict[str, dict[str, Any]] = {
            NONE: {},
            IN_PROCESS: {"rate_limits": LIMITS},
            SHARED: {
                "rate_limits": LIMITS,
                "redis": {"url": f"redis://127.0.0.1:{redis}"},
            },
        }
        running = {
            name: stack.enter_context(
                gateway(limited(file, name, sections), cores, "weir")
            )
            for name, sections in kinds.items()
        }
        asked = asyncio.run(expectation(running[NONE][1], read("light")))
        for pid, port in running.values():
            asyncio.run(round_ms(pid, port, asked, WARM_UP))
        costs: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(rounds):
            for name, (pid, port) in running.items():
                costs[name].append(asyncio.run(round_ms(pid, port, asked, requests)))
        yield from table(costs)


def table(costs: dict[str, list[float]]) -> Iterator[str]:
    yield f"{'light query':16}{'CPU ms':>8}{'ratio':>8}{'median of rounds':>18}"
    without = costs[NONE]
    for name, each in costs.items():
        ratios = [one / other for one, other in zip(each, without, strict=True)]
        ratio = min(each) / min(without)
        yield f"{name:16}{min(each):8.3f}{ratio:8.3f}{median(ratios):18.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    if not KIT.exists():
        sys.exit(f"{KIT} is missing")
    for line in measure(options.requests, options.rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
