"""The CPU that a cached credential and the check of rights add to a request.

Two applications in this process get the same requests in turn, so that the load of the
machine affects both. Each round is measured by the CPU time of the process.

    python -m benchmarks.bench_identity
"""

import asyncio
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.support.identified_gateway import bearer, identified_gateway
from tests.support.staff_graph import Staff, caller, context_of
from tests.support.tokens import claims, rsa_key, token
from weir.gateway.context import ANONYMOUS, Identity

ROUNDS = 40
REQUESTS = 150
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


async def of_a_token() -> dict[str, float]:
    """Compare requests without identities with those of a verified, cached token."""
    sent = bearer(token(rsa_key(), "RS256", claims()))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        async with (
            identified_gateway(Path(one), OPEN) as without,
            identified_gateway(Path(other), KNOWN) as with_token,
        ):
            assert not (await with_token.send("known", sent)).code
            before, after = await compared(
                lambda: without.send("known", sent),
                lambda: with_token.send("known", sent),
            )
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
    return {"cached token": await of_a_token(), "rights": await of_rights()}


if __name__ == "__main__":
    sys.stderr.write(json.dumps(asyncio.run(_measured()), indent=2) + "\n")
