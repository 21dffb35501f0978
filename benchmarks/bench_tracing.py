"""Measures what traces cost the gateway, for the light query of `bench_queries`.

One gateway without traces and one for each setting run side by side. They get the same
load in turn, so that a slow minute of the machine affects all. The CPU of a gateway
includes the thread that sends its spans, to a collector that accepts all. A figure is
the least of the rounds, as other work of the machine only adds to it.

    python -m benchmarks.bench_tracing [--requests 3000] [--rounds 7]
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.bench_queries import KIT, config, gateway, read, subgraphs
from benchmarks.closed_loop import Expectation, Load, expectation, run_load
from benchmarks.processes import cpu_s, free_port, own_cores, python

CONNECTIONS = 50
WARM_UP = 500
TRACES: dict[str, dict[str, Any] | None] = {
    "no traces": None,
    "0 % sampled": {"sample": "0%"},
    "10 % sampled": {"sample": "10%"},
    "10 %, errors": {"sample": "10%", "errors": "always"},
    "100 % sampled": {"sample": "100%"},
}


async def collect(port: int) -> None:
    """Accept what exporters send."""

    async def accept(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                _, _, length = head.partition(b"content-length:")
                await reader.readexactly(int(length.split()[0]) if length else 0)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    await server.serve_forever()


def traced(file: Path, name: str, traces: dict[str, Any] | None, port: int) -> Path:
    """Write the configuration of `file` with traces, and ports of its own."""
    document = json.loads(file.read_text())
    document["server"] = {
        "port": free_port(),
        "control": f"127.0.0.1:{free_port()}",
    }
    if traces is not None:
        endpoint = f"http://127.0.0.1:{port}"
        document["telemetry"] = {"traces": {"endpoint": endpoint, **traces}}
    written = file.with_name(f"{name}.yaml")
    written.write_text(json.dumps(document))
    return written


async def round_ms(pid: int, port: int, asked: Expectation, requests: int) -> float:
    begun_s = cpu_s(pid)
    await run_load(port, Load(asked, requests), CONNECTIONS)
    return (cpu_s(pid) - begun_s) / requests * 1000


def measure(requests: int, rounds: int) -> Iterator[str]:
    cores = own_cores()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream_port = stack.enter_context(subgraphs(cores))
        file = config(folder, upstream_port, coalesce=False)
        collector = free_port()
        command = ["-m", "benchmarks.bench_tracing", "--collect", str(collector)]
        ready = f"http://127.0.0.1:{collector}/"
        stack.enter_context(python(command, cores.others, ready))
        running = {
            name: stack.enter_context(
                gateway(traced(file, name, traces, collector), cores, "weir")
            )
            for name, traces in TRACES.items()
        }
        asked = asyncio.run(expectation(running["no traces"][1], read("light")))
        for pid, port in running.values():
            asyncio.run(round_ms(pid, port, asked, WARM_UP))
        costs: dict[str, list[float]] = {name: [] for name in TRACES}
        for _ in range(rounds):
            for name, (pid, port) in running.items():
                costs[name].append(asyncio.run(round_ms(pid, port, asked, requests)))
        yield from table(costs)


def table(costs: dict[str, list[float]]) -> Iterator[str]:
    yield f"{'light query':16}{'CPU ms':>8}{'ratio':>8}"
    without = min(costs["no traces"])
    for name, each in costs.items():
        yield f"{name:16}{min(each):8.3f}{min(each) / without:8.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--collect", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.collect:
        asyncio.run(collect(options.collect))
    if not KIT.exists():
        sys.exit(f"{KIT} is missing")
    for line in measure(options.requests, options.rounds):
        print(line, flush=True)


if __name__ == "__main__":
    main()
