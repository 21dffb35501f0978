"""Measures the latency of a client while another sends 100 hostile documents.

    python -m benchmarks.bench_hostile

It serves the supergraph of ../shared/bench over its subgraphs and repeats a small
query. Meanwhile it sends deep, wide, aliased, repetitive and recursive documents,
fragment bombs and huge variables, one after the other without a pause. Every hostile
document is a new text, so that it is in no cache. Latencies are in ms.
"""

import asyncio
import os
import socket
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("WEIR_SHARED", ROOT.parent / "shared")) / "bench"
HOSTILE = 100
PAUSE_S = 0.005
SMALL = {"query": "{ topProducts { upc name } }"}


def shapes() -> Iterator[dict[str, Any]]:
    users = "users { id name reviews { id body product { upc name } } }"
    spreads = (
        f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(25)
    )
    bomb = " ".join([*spreads, "fragment F25 on Query { topProducts { upc } }"])
    deep = "{ reviews { product " * 40 + "{ upc }" + "} }" * 40
    aliased = " ".join(f"a{i}: topProducts {{ upc }}" for i in range(400))
    cycle = "fragment A on Query { ...B } fragment B on Query { ...A }"
    texts = (
        f"{{ topProducts {deep} }}",
        f"{{ {aliased} }}",
        f"{{ {'r{f1} ' * 4500} }}",
        f"{{ topProducts {{ {'upc ' * 3000} }} }}",
        f"{{ ...F0 }} {bomb}",
        f"{{ ...A }} {cycle}",
        f"{{ {' '.join(f'a{i}: {users}' for i in range(100))} }}",
        f"{{ {'__schema { types { fields { type { name } } } } ' * 50} }}",
    )
    yield from ({"query": text} for text in texts)
    yield {
        "query": "query ($x: Int) { topProducts(first: $x) { upc } }",
        "variables": {"x": [1] * 100_000},
    }


def documents() -> Iterator[dict[str, Any]]:
    number = 0
    while True:
        for shape in shapes():
            number += 1
            yield {**shape, "query": f"{shape['query']} # {number}"}


async def main() -> None:
    async with serving() as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        quiet, _ = await measured(http, asyncio.sleep(2))
        loud, statuses = await measured(http, attack(url))
    show("quiet", quiet)
    show(f"during {HOSTILE} hostile documents", loud)
    print("their responses by status:", statuses)


async def measured(http: httpx.AsyncClient, meanwhile: Any) -> tuple[list[float], Any]:
    other = asyncio.ensure_future(meanwhile)
    latencies_ms: list[float] = []
    while not other.done():
        started_s = time.perf_counter()
        answer = await http.post("/graphql", json=SMALL)
        latencies_ms.append((time.perf_counter() - started_s) * 1000)
        if "errors" in answer.json():
            sys.exit(f"the small query failed: {answer.text}")
        await asyncio.sleep(PAUSE_S)
    return sorted(latencies_ms), other.result()


async def attack(url: str) -> dict[int, int]:
    statuses: dict[int, int] = {}
    headers = {"accept": "application/graphql-response+json"}
    async with httpx.AsyncClient(base_url=url, timeout=30, headers=headers) as http:
        for document in islice(documents(), HOSTILE):
            status = (await http.post("/graphql", json=document)).status_code
            statuses[status] = statuses.get(status, 0) + 1
    return statuses


def show(name: str, latencies: list[float]) -> None:
    p50, p99 = (latencies[int(len(latencies) * share)] for share in (0.5, 0.99))
    print(
        f"{name:34} {len(latencies):5} requests  p50 {p50:6.1f}  p99 {p99:6.1f}"
        f"  max {latencies[-1]:6.1f}"
    )


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    upstream, port = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "supergraph.graphql"
        sdl = (SHARED / "supergraph.graphql").read_text()
        file.write_text(sdl.replace("{upstream}", f"http://127.0.0.1:{upstream}"))
        processes = [
            await started(str(SHARED / "subgraphs.py"), "--port", str(upstream)),
            await started(
                *("-m", "weir", "serve", "--supergraph", str(file)),
                *("--port", str(port)),
            ),
        ]
        try:
            url = f"http://127.0.0.1:{port}"
            await until_responding(url)
            yield url
        finally:
            for process in processes:
                process.terminate()
                await process.wait()


async def started(*arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=DEVNULL, stderr=DEVNULL
    )


async def until_responding(url: str) -> None:
    async with asyncio.timeout(30), httpx.AsyncClient(base_url=url) as http:
        while True:
            try:
                if "data" in (await http.post("/graphql", json=SMALL)).json():
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    if not SHARED.exists():
        sys.exit(f"{SHARED} is missing")
    asyncio.run(main())
