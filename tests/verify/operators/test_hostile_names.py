"""A million requests with names that no two share leave the metrics as they are.

The requests go through the whole pipeline in this process: hostile paths,
operations, names of applications and versions. After the first ones, the number of
series, the time of a scrape and the memory of the process stay the same.
"""

import gc
import time
from pathlib import Path
from random import Random
from statistics import median
from typing import Final

import psutil
import pytest
from msgspec import structs

from tests.support.controlled_app import CONFIG, ControlledApp, controlled_app
from tests.support.memory_exchange import MemoryBody, MemoryExchange, request_head
from weir.gateway.clock import SystemClock
from weir.gateway.edge.request import RequestHead

REQUESTS: Final = 1_000_000
_FIRST: Final = 100_000
"""Those until all that is bounded is full."""
_AT_ONCE: Final = 2_000
_SCRAPES: Final = 9
_METHODS: Final = ("GET", "PUT", "PROPFIND", "LOCK", "SUBSCRIBE")
"""The parser of requests knows few other ones, and rejects those that it does not."""
_MOST_S: Final = 1.5
_MOST_BYTES: Final = 24 * 2**20


def hostile(number: int, rng: Random) -> tuple[RequestHead, bytes]:
    """Return a request with names that no earlier one had."""
    name = f"n{number}{rng.randbytes(8).hex()}"
    headers = [
        (b"content-type", b"application/json"),
        (b"graphql-client-name", name.encode()),
        (b"graphql-client-version", name[::-1].encode()),
        (b"traceparent", f"00-{number + 1:032x}-{number + 1:016x}-01".encode()),
        (b"x-request-id", name.encode()),
        (b"user-agent", name.encode()),
    ]
    match number % 4:
        case 0:
            return request_head(f"/{name}/{number}", headers=headers), b""
        case 1:
            method = _METHODS[number // 4 % len(_METHODS)]
            return request_head("/web/graphql", method=method, headers=headers), b""
        case 2:
            body = f'{{"query": "query {name} {{ __typename }}"}}'.encode()
        case _:
            body = f'{{"query": "{{ {name} }}", "operationName": "{name}"}}'.encode()
    return request_head("/web/graphql", method="POST", headers=headers), body


async def send(app: ControlledApp, numbers: range, rng: Random) -> None:
    handler = app.app.handler
    for number in numbers:
        head, body = hostile(number, rng)
        head = structs.replace(head, arrived_s=SystemClock.monotonic_s())
        exchange = MemoryExchange(head, MemoryBody([body] if body else []))
        await exchange.run(handler)
        assert exchange.status < 500, exchange.content


async def scrape(app: ControlledApp) -> tuple[int, float]:
    """Return the number of series, and the time of a scrape."""
    times_s: list[float] = []
    series = 0
    for _ in range(_SCRAPES):
        began_s = time.process_time()
        text = (await app.control.get("/metrics")).text
        times_s.append(time.process_time() - began_s)
        series = sum(not line.startswith("#") for line in text.splitlines())
    return series, median(times_s)


def rss() -> int:
    gc.collect()
    memory: int = psutil.Process().memory_info().rss
    return memory


async def test_hostile_names_change_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = Random(17)  # noqa: S311 - no secret
    # The lines of the log would fill the memory of this process.
    config = CONFIG + "log: {successes: 0%}\n"
    async with controlled_app(tmp_path, config) as app:
        await send(app, range(_FIRST), rng)
        first_series, first_s = await scrape(app)
        first_bytes = rss()
        for begin in range(_FIRST, REQUESTS, _AT_ONCE):
            await send(app, range(begin, begin + _AT_ONCE), rng)
            capfd.readouterr()
        series, took_s = await scrape(app)
        grown = rss() - first_bytes

    with capfd.disabled():
        print(f"\nafter {_FIRST} and {REQUESTS} requests with names of their own:")
        print(f"  series {first_series} and {series}")
        print(f"  scrape {first_s * 1000:.1f} and {took_s * 1000:.1f} ms of CPU")
        print(f"  memory {first_bytes / 2**20:.0f} MiB, and {grown / 2**20:+.1f} MiB")
    assert series == first_series
    assert took_s < first_s * _MOST_S
    assert grown < _MOST_BYTES
