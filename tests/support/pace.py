"""A rate of reads that a machine can carry, measured before anything is broken.

A fixed rate saturates a slow or busy machine, and then a proof shows the machine and
not the gateway. Without room for the lowest rate, a proof is not proven here, which is
neither a pass nor a failure.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

import pytest

from examples.streaming.load import Accepted
from tests.support.steady_load import assert_clean, steady_load

MOST_PER_SECOND: Final = 50.0
LEAST_PER_SECOND: Final = 2.0
SHARE: Final = 0.4
"""The share of what the machine can do that a load requests."""
_WARM_UP: Final = 60
_MEASURED: Final = 120
_CLIENTS: Final = 4
_USUAL_MS: Final = 25.0
"""The quiet latency for which the scenarios' deadlines are written."""

NOT_PROVEN: Final = "not proven here"


@dataclass(frozen=True, slots=True)
class Pace:
    """The rate of a load, and the median latency of the quiet machine."""

    per_second: float
    quiet_ms: float
    most_per_second: float = MOST_PER_SECOND
    usual_ms: float = _USUAL_MS
    """The median latency on a usual machine."""

    @property
    def slowness(self) -> float:
        """How many times slower than usual the machine is, at least 1."""
        return max(1.0, self.quiet_ms / self.usual_ms)

    def allowed(self, usual_ms: float) -> float:
        """Return the time that something may take here that usually takes less."""
        return usual_ms * self.slowness

    def least(self, reads: int) -> float:
        """Return how many reads there must be, of those at the highest rate."""
        return reads * self.per_second / self.most_per_second

    def __str__(self) -> str:
        return f"{self.per_second:.0f} reads/s, {self.quiet_ms:.0f} ms when quiet"


def pace_of(
    latencies_s: list[float],
    took_s: float,
    most_per_second: float = MOST_PER_SECOND,
    usual_ms: float = _USUAL_MS,
) -> Pace:
    """Return the rate for what has been measured. Skips the test if it is too low."""
    possible = len(latencies_s) / took_s
    per_second = min(most_per_second, SHARE * possible)
    if per_second < LEAST_PER_SECOND:
        pytest.skip(f"{NOT_PROVEN}: only {possible:.1f} reads/s are possible")
    quiet_ms = 1000 * sorted(latencies_s)[len(latencies_s) // 2]
    return Pace(per_second, quiet_ms, most_per_second, usual_ms)


async def measured_pace(gateway: str, accepted: Accepted | None = None) -> Pace:
    """Measure a gateway without faults. Skips the test if the machine is too slow."""
    async with steady_load(gateway, accepted) as load:
        await load.responses(_WARM_UP)
        seen, began_s = len(load.report.latencies_s), time.monotonic()
        await load.responses(_MEASURED)
        took_s = time.monotonic() - began_s
        latencies_s = load.report.latencies_s[seen:]
    assert_clean(load.report)
    return pace_of(latencies_s, took_s)


async def measured_calls(
    call: Callable[[int], Awaitable[None]], most_per_second: float, usual_ms: float
) -> Pace:
    """Measure calls that take a number, sent by a few clients without faults."""
    latencies_s: list[float] = []
    numbers = count()

    async def client(share: Iterator[int]) -> None:
        for _ in range(_MEASURED // _CLIENTS):
            began_s = time.monotonic()
            await call(next(share))
            latencies_s.append(time.monotonic() - began_s)

    began_s = time.monotonic()
    async with asyncio.TaskGroup() as clients:
        for _ in range(_CLIENTS):
            clients.create_task(client(numbers))
    took_s = time.monotonic() - began_s
    return pace_of(latencies_s, took_s, most_per_second, usual_ms)
