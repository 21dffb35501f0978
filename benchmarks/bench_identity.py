"""The CPU that a cached credential and the check of rights add to a request.

The operations with and without rights take turns, so that the load of the machine
affects both. Each round is measured by the CPU time of the process.

    python -m benchmarks.bench_identity
"""

import asyncio
import gc
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from math import inf
from pathlib import Path

from tests.support.identified_gateway import bearer, identified_gateway
from tests.support.staff_graph import Staff, caller, context_of
from tests.support.tokens import claims, rsa_key, token
from weir.gateway.context import ANONYMOUS, Identity

ROUNDS = 40
REQUESTS = 150
PROCESSES = 3
GRAPH = """\
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
"""
OPEN = f"{GRAPH}facades: {{known: {{path: /known}}}}\n"
KNOWN = f"""\
identity:
  jwt:
    own: {{issuer: "https://issuer.test", audiences: weir, keys: keys.json}}
{GRAPH}facades: {{known: {{path: /known, access: authenticated}}}}
"""

Send = Callable[[], Awaitable[object]]


async def cpu_us(send: Send) -> float:
    """Return the CPU time of one of many requests, in microseconds."""
    gc.collect()
    begun = time.process_time()
    for _ in range(REQUESTS):
        await send()
    return (time.process_time() - begun) / REQUESTS * 1e6


async def compared(one: Send, other: Send) -> tuple[float, float]:
    """Return the medians of both, measured in turn after a warm-up."""
    for send in (one, other):
        await cpu_us(send)
    pairs = [(await cpu_us(one), await cpu_us(other)) for _ in range(ROUNDS)]
    first, second = zip(*pairs, strict=True)
    return statistics.median(first), statistics.median(second)


async def _least_us(config: str) -> float:
    """Return the CPU time of a request with a token, the least of the rounds."""
    sent = bearer(token(rsa_key(), "RS256", claims()))
    with tempfile.TemporaryDirectory() as folder:
        async with identified_gateway(Path(folder), config) as gateway:
            assert not (await gateway.send("known", sent)).code
            return min(
                [
                    await cpu_us(lambda: gateway.send("known", sent))
                    for _ in range(ROUNDS)
                ]
            )


def _in_this_process(config: str) -> float:
    return asyncio.run(_least_us(config))


def of_a_token() -> dict[str, float]:
    """Compare requests without identities with those of a verified, cached token.

    Each gateway has processes of its own: the interpreter adapts its code to the first
    gateway of a process, and a second one costs an eighth more.
    """
    least = dict.fromkeys((OPEN, KNOWN), inf)
    for _ in range(PROCESSES):
        for config in least:
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                found_us = pool.submit(_in_this_process, config).result()
            least[config] = min(least[config], found_us)
    before, after = least[OPEN], least[KNOWN]
    return {"without_us": before, "with_us": after, "added_us": after - before}


async def of_rights() -> dict[str, float]:
    """Compare the preparation of an open operation with that of a protected one."""
    staff = Staff()
    known = caller("pay", "ids", "ops")

    def prepare(text: str, identity: Identity) -> Send:
        return lambda: staff.engine.prepare(text, None, context_of(identity))

    before, after = await compared(
        prepare("{ open people { name boss { name } } }", ANONYMOUS),
        prepare("{ me { id name email phone salary } status }", known),
    )
    staff.close()
    return {"without_us": before, "with_us": after, "added_us": after - before}


async def _measured() -> dict[str, dict[str, float]]:
    return {"cached token": of_a_token(), "rights": await of_rights()}


if __name__ == "__main__":
    sys.stderr.write(json.dumps(asyncio.run(_measured()), indent=2) + "\n")
