"""Measures what traces cost the gateway, for the light query of `bench_queries`.

One gateway is without traces, and there is one for each setting (see `side_by_side`).
The CPU of a gateway includes the thread that sends its spans, to a collector that
accepts all.

    python -m benchmarks.bench_tracing [--requests 3000] [--rounds 7]
"""

import argparse
import asyncio
from typing import Any

from benchmarks.processes import free_port, own_cores, python
from benchmarks.side_by_side import Setting, parser, show

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


def traced(traces: dict[str, Any] | None, port: int) -> dict[str, Any]:
    """Return the section of the configuration with these traces."""
    if traces is None:
        return {}
    endpoint = f"http://127.0.0.1:{port}"
    return {"telemetry": {"traces": {"endpoint": endpoint, **traces}}}


def measure(options: argparse.Namespace) -> None:
    collector = free_port()
    command = ["-m", "benchmarks.bench_tracing", "--collect", str(collector)]
    ready = f"http://127.0.0.1:{collector}/"
    settings = {name: Setting(traced(each, collector)) for name, each in TRACES.items()}
    with python(command, own_cores().others, ready):
        show(settings, options)


def main() -> None:
    arguments = parser(__doc__, requests=3000, rounds=7)
    arguments.add_argument("--collect", type=int, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.collect:
        asyncio.run(collect(options.collect))
    else:
        measure(options)


if __name__ == "__main__":
    main()
