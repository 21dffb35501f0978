"""One client floods at ten times its limit, and another one must not notice.

Both use the same façade, whose limit is for each address. The client that floods opens
a connection again when it is closed.

The flood is also sent to a server that only reads, so that the cost of the client that
floods is known: it has the same two cores. The two take turns, and so do times without
any flood, because the machine's own pace drifts.
"""

import asyncio
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest

from tests.support.attacked_gateway import (
    ATTACKER,
    CONFIG,
    Target,
    attacked_gateway,
)
from tests.support.bystander import PER_S, Bystander, bystander
from tests.support.light_client import light_client
from tests.support.pace import NOT_PROVEN, measured_calls

MOST_PER_S = 250.0
ROUNDS, ROUND_S = 4, 5.0
LIMIT = 'rate_limits: {each: {rate: "%d per 10s", burst: %d, key: address}}\n'
"""A tenth of the flood, and more than the bystander sends."""
STEADY = 1.2
"""The times without a flood differ by less, or they are no measure."""
QUERY = b'{"query": "{ a }"}'
REQUEST = (
    b"POST /graphql HTTP/1.1\r\nhost: localhost\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
    % (len(QUERY), QUERY)
)
STATUS = re.compile(rb"HTTP/1.1 (\d+)")
CONNECTIONS = 10
MOST_WAITED = 0.05
"""The share of the time without a core beyond which a late reply proves nothing."""


async def flood(port: int, per_s: float, end_s: float) -> Counter[bytes]:
    """Send at a rate until a time; return the statuses."""
    statuses = Counter[bytes]()

    async def send() -> None:
        next_s = monotonic()
        while monotonic() < end_s:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, local_addr=(ATTACKER, 0)
            )
            reading = asyncio.create_task(count(reader))
            while not reading.done() and (now_s := monotonic()) < end_s:
                writer.write(REQUEST)
                next_s = max(next_s + CONNECTIONS / per_s, now_s)
                await asyncio.sleep(next_s - now_s)
            reading.cancel()
            writer.close()

    async def count(reader: asyncio.StreamReader) -> None:
        # A status line follows the body of the response before it without a break.
        with suppress(ConnectionError):
            while line := await reader.readline():
                statuses.update(STATUS.findall(line))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONNECTIONS):
            tasks.create_task(send())
    return statuses


async def quiet(end_s: float) -> None:
    await asyncio.sleep(end_s - monotonic())


@dataclass(frozen=True)
class Rounds:
    """What the bystander saw alone, beside the control, and beside the flood.

    `waited` is the share of the flood for which the gateway had no core.
    """

    alone: Bystander
    control: Bystander
    flooded: Bystander
    statuses: Counter[bytes]
    waited: float


async def rounds(target: Target, per_s: float) -> Rounds:
    alone, control, flooded = Bystander(), Bystander(), Bystander()
    statuses, waited_s = Counter[bytes](), 0.0
    for _ in range(ROUNDS):
        async with bystander(target.gateway.url) as seen:
            await quiet(monotonic() + ROUND_S)
        alone.add(seen)
        async with bystander(target.gateway.url) as seen:
            await flood(target.null_port, per_s, monotonic() + ROUND_S)
        control.add(seen)
        before_s = target.used().waited_s
        async with bystander(target.gateway.url) as seen:
            statuses += await flood(target.port, per_s, monotonic() + ROUND_S)
        waited_s += target.used().waited_s - before_s
        flooded.add(seen)
    return Rounds(alone, control, flooded, statuses, waited_s / (ROUNDS * ROUND_S))


async def test_a_flood_beyond_a_limit_delays_no_other_client(tmp_path: Path) -> None:
    async with attacked_gateway(tmp_path) as target:
        per_s = await flood_per_s(target)
    limited = LIMIT % (per_s, per_s // 10) + CONFIG
    async with attacked_gateway(tmp_path, text=limited) as target:
        found = await rounds(target, per_s)

    alone, control, flooded = found.alone, found.control, found.flooded
    statuses = found.statuses
    refused, passed = statuses[b"429"], statuses[b"200"]
    quiet_s = alone.p99_s, control.p99_s
    print(
        f"{per_s} requests/s at a limit of {per_s / 10:g}/s: {refused} refused,"
        f" {passed} passed\np99 of {len(flooded.waits_s)} requests of the bystander:"
        f" alone {alone.p99_s * 1000:.1f} ms, beside the control"
        f" {control.p99_s * 1000:.1f} ms, beside the flood"
        f" {flooded.p99_s * 1000:.1f} ms; without a core for"
        f" {100 * found.waited:.0f} % of the flood"
    )
    assert alone.failures == control.failures == flooded.failures == []
    assert passed <= ROUNDS * per_s / 10 * (1 + 1.5 * ROUND_S)
    assert refused >= 4 * passed
    if max(quiet_s) > STEADY * min(quiet_s):
        pytest.skip(f"{NOT_PROVEN}: without a flood, p99 is {quiet_s} s")
    bound_s = 1.2 * max(quiet_s)
    if flooded.p99_s > bound_s and found.waited > MOST_WAITED:
        pytest.skip(f"{NOT_PROVEN}: other processes had the cores")
    assert flooded.p99_s <= bound_s


async def flood_per_s(target: Target) -> int:
    """Return the rate of a flood that leaves the machine room for the bystander."""
    async with light_client(target.gateway.url) as client:

        async def call(number: int) -> None:
            del number
            await client.ask("/graphql", QUERY)

        per_s = int((await measured_calls(call, MOST_PER_S, 5.0)).per_second)
    if per_s <= 10 * PER_S:
        # The bystander would be beyond a tenth of it.
        pytest.skip(f"{NOT_PROVEN}: only {per_s} requests/s are possible")
    return per_s
