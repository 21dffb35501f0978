"""The CPU of gateways with different settings that run side by side.

All get the light query of `bench_queries` in turn, so that a slow minute of the machine
affects all. A figure is the least of the rounds, as other work of the machine only adds
to it. The first setting is the one that the others are compared with.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench_queries import config, gateway, read, subgraphs
from benchmarks.closed_loop import Expectation, Load, expectation, run_load
from benchmarks.processes import Cores, cpu_s, free_port

CONNECTIONS = 50
WARM_UP = 500


def compare(
    folder: Path,
    settings: Mapping[str, dict[str, Any]],
    cores: Cores,
    requests: int,
    rounds: int,
) -> Iterator[str]:
    """Yield a table of gateways; `settings` are sections of the configuration."""
    with ExitStack() as stack:
        upstream_port = stack.enter_context(subgraphs(cores))
        file = config(folder, upstream_port, coalesce=False)
        running = [
            stack.enter_context(gateway(_with(file, number, sections), cores, "weir"))
            for number, sections in enumerate(settings.values())
        ]
        asked = asyncio.run(expectation(running[0][1], read("light")))
        for pid, port in running:
            asyncio.run(_round_ms(pid, port, asked, WARM_UP))
        costs: list[list[float]] = [[] for _ in running]
        for _ in range(rounds):
            for own, (pid, port) in zip(costs, running, strict=True):
                own.append(asyncio.run(_round_ms(pid, port, asked, requests)))
    yield from _table(dict(zip(settings, costs, strict=True)))


def _with(file: Path, number: int, sections: dict[str, Any]) -> Path:
    """Write the configuration of `file` with more sections, and ports of its own."""
    document = json.loads(file.read_text())
    document["server"] = {"port": free_port(), "control": f"127.0.0.1:{free_port()}"}
    written = file.with_name(f"{number}.yaml")
    written.write_text(json.dumps({**document, **sections}))
    return written


async def _round_ms(pid: int, port: int, asked: Expectation, requests: int) -> float:
    begun_s = cpu_s(pid)
    await run_load(port, Load(asked, requests), CONNECTIONS)
    return (cpu_s(pid) - begun_s) / requests * 1000


def _table(costs: Mapping[str, list[float]]) -> Iterator[str]:
    yield f"{'light query':16}{'CPU ms':>8}{'ratio':>8}{'median of rounds':>18}"
    first = next(iter(costs.values()))
    for name, each in costs.items():
        ratios = [one / other for one, other in zip(each, first, strict=True)]
        ratio = min(each) / min(first)
        yield f"{name:16}{min(each):8.3f}{ratio:8.3f}{median(ratios):18.3f}"
