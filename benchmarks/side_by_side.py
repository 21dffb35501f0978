"""The CPU of gateways with different settings that run side by side.

All get the light query of `bench_queries` in turn, so that a slow minute of the machine
affects all. A figure is the least of the rounds, as other work of the machine only adds
to it. Two processes with the same setting differ by some percent, because of the places
of their objects in memory, so that each setting has several. The first setting is the
one that the others are compared with. The last column has the added CPU as a part of
the same query at the commit `REFERENCE`, in the same rounds, so that a faster gateway
does not make the additions look larger.
"""

import argparse
import asyncio
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.bench_queries import KIT, config, gateway, read, subgraphs
from benchmarks.closed_loop import Expectation, Load, expectation, run_load
from benchmarks.processes import ROOT, Cores, cpu_s, free_port, own_cores

CONNECTIONS = 50
WARM_UP = 500
PROCESSES = 4
REFERENCE: Final = "e4d00e9"


@dataclass(frozen=True, slots=True)
class Setting:
    """Sections of the configuration, and more header fields of the requests.

    `module` is the module that serves, and its arguments.
    """

    sections: Mapping[str, Any]
    fields: tuple[str, ...] = ()
    module: tuple[str, ...] = ("weir",)


PLAIN: Final = Setting({})


@dataclass(frozen=True, slots=True)
class _Running:
    """A gateway, and the requests for it."""

    pid: int
    port: int
    asked: Expectation

    async def round_ms(self, requests: int) -> float:
        begun_s = cpu_s(self.pid)
        await run_load(self.port, Load(self.asked, requests), CONNECTIONS)
        return (cpu_s(self.pid) - begun_s) / requests * 1000


def parser(
    description: str | None, requests: int = 1_000, rounds: int = 60
) -> argparse.ArgumentParser:
    """Return the parser of the options of a comparison, with these defaults."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--requests", type=int, default=requests)
    made.add_argument("--rounds", type=int, default=rounds)
    return made


def show(settings: Mapping[str, Setting], options: argparse.Namespace) -> None:
    """Print a table of gateways by the names of their settings."""
    if not KIT.exists():
        sys.exit(f"{KIT} is missing")
    with tempfile.TemporaryDirectory() as folder:
        for line in _compared(
            Path(folder), settings, own_cores(), options.requests, options.rounds
        ):
            print(line, flush=True)


def _compared(
    folder: Path,
    settings: Mapping[str, Setting],
    cores: Cores,
    requests: int,
    rounds: int,
) -> Iterator[str]:
    with ExitStack() as stack:
        upstream_port = stack.enter_context(subgraphs(cores))
        file = config(folder, upstream_port, coalesce=False)
        numbers = count()
        running = {
            name: [
                _started(stack, _with(file, next(numbers), each.sections), cores, each)
                for _ in range(PROCESSES)
            ]
            for name, each in settings.items()
        }
        running[REFERENCE] = [
            _reference(stack, _with(file, next(numbers), {}), cores)
            for _ in range(PROCESSES)
        ]
        for each in chain(*running.values()):
            asyncio.run(each.round_ms(WARM_UP))
        costs: dict[str, list[float]] = {name: [] for name in running}
        for number in range(rounds):
            for name, of_setting in running.items():
                each = of_setting[number % PROCESSES]
                costs[name].append(asyncio.run(each.round_ms(requests)))
    yield from _table(costs)


def _started(stack: ExitStack, file: Path, cores: Cores, setting: Setting) -> _Running:
    pid, port = stack.enter_context(gateway(file, cores, *setting.module))
    asked = asyncio.run(expectation(port, read("light"), setting.fields))
    return _Running(pid, port, asked)


def _reference(stack: ExitStack, file: Path, cores: Cores) -> _Running:
    """Serve the same configuration by the gateway of the commit `REFERENCE`."""
    tree = file.with_name(f"{REFERENCE}-{file.stem}")
    archive = subprocess.run(  # noqa: S603 - our own arguments
        ["git", "archive", REFERENCE],  # noqa: S607 - whichever git
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(tree, filter="data")
    pid, port = stack.enter_context(gateway(file, cores, "bffs", folder=tree))
    return _Running(pid, port, asyncio.run(expectation(port, read("light"))))


def _with(file: Path, number: int, sections: Mapping[str, Any]) -> Path:
    """Write the configuration of `file` with more sections, and ports of its own."""
    document = json.loads(file.read_text())
    document["server"] = {"port": free_port(), "control": f"127.0.0.1:{free_port()}"}
    written = file.with_name(f"{number}.yaml")
    written.write_text(json.dumps({**document, **sections}))
    return written


def _table(costs: Mapping[str, list[float]]) -> Iterator[str]:
    yield (
        f"{'light query':16}{'CPU ms':>8}{'ratio':>8}{'median of rounds':>18}"
        f"{f'added, of {REFERENCE}':>20}"
    )
    first, reference = next(iter(costs.values())), min(costs[REFERENCE])
    for name, each in costs.items():
        ratios = [one / other for one, other in zip(each, first, strict=True)]
        added = min(each) - min(first)
        line = f"{name:16}{min(each):8.3f}{min(each) / min(first):8.3f}"
        line += f"{median(ratios):18.3f}"
        yield line if name == REFERENCE else f"{line}{added / reference:20.1%}"
