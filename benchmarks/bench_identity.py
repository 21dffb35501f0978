"""The CPU that a cached credential and the check of rights add to a request.

A cached token is measured with the light query of `bench_queries` (see `side_by_side`):
one gateway without identities, and one whose only façade needs a token. All requests to
both have the same token, which one of them verifies once. The check of rights is
measured in this process: the operations with and without rights take turns, and each
round is measured by the CPU time of the process.

    python -m benchmarks.bench_identity [--requests 1000] [--rounds 60]
"""

import argparse
import asyncio
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from benchmarks.side_by_side import Setting, parser, show
from tests.support.staff_graph import Staff, caller, context_of
from tests.support.tokens import AUDIENCE, ISSUER, claims, jwks, rsa_key, token
from weir.gateway.context import ANONYMOUS, Identity

ROUNDS = 40
PREPARED = 150

Send = Callable[[], Awaitable[object]]


def with_a_token(keys: Path) -> Setting:
    """Return the setting of a gateway with the keys in a file, and a token of them."""
    keys.write_text(json.dumps(jwks(rsa_key())))
    issuer = {"issuer": ISSUER, "audiences": AUDIENCE, "keys": str(keys)}
    sections: dict[str, Any] = {
        "identity": {"jwt": {"own": issuer}},
        "facades": {"graph": {"path": "", "access": "authenticated"}},
    }
    sent = token(rsa_key(), "RS256", claims())
    return Setting(sections, (f"authorization: Bearer {sent}",))


def of_a_token(options: argparse.Namespace) -> None:
    """Compare requests without identities with those of a verified, cached token."""
    with tempfile.TemporaryDirectory() as folder:
        identified = with_a_token(Path(folder) / "keys.json")
        settings = {
            "no identity": Setting({}, identified.fields),
            "cached token": identified,
        }
        show(settings, options)


async def cpu_us(send: Send) -> float:
    """Return the CPU time of one of many calls, in microseconds."""
    gc.collect()
    begun = time.process_time()
    for _ in range(PREPARED):
        await send()
    return (time.process_time() - begun) / PREPARED * 1e6


async def compared(one: Send, other: Send) -> tuple[float, float]:
    """Return the medians of both, measured in turn after a warm-up."""
    for send in (one, other):
        await cpu_us(send)
    pairs = [(await cpu_us(one), await cpu_us(other)) for _ in range(ROUNDS)]
    first, second = zip(*pairs, strict=True)
    return statistics.median(first), statistics.median(second)


async def of_rights() -> tuple[float, float]:
    """Compare the preparation of an open operation with that of a protected one."""
    staff = Staff()
    known = caller("pay", "ids", "ops")

    def prepare(text: str, identity: Identity) -> Send:
        return lambda: staff.engine.prepare(text, None, context_of(identity))

    found_us = await compared(
        prepare("{ open people { name boss { name } } }", ANONYMOUS),
        prepare("{ me { id name email phone salary } status }", known),
    )
    staff.close()
    return found_us


def main() -> None:
    of_a_token(parser(__doc__).parse_args())
    without_us, with_us = asyncio.run(of_rights())
    print(f"\nrights: {without_us:.1f} us to prepare without, {with_us:.1f} us with")


if __name__ == "__main__":
    main()
