"""A rate of reads that a machine can carry, measured before anything is broken.

A fixed rate saturates a slow or busy machine, and then a proof shows the machine and
not the gateway. Without room for the lowest rate, a proof is not proven here, which is
neither a pass nor a failure.
"""

import time
from dataclasses import dataclass
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
_USUAL_MS: Final = 25.0
"""The quiet latency for which the scenarios' deadlines are written."""

NOT_PROVEN: Final = "not proven here"


@dataclass(frozen=True, slots=True)
class Pace:
    """The rate of a load, and the median latency of the quiet machine."""

    per_second: float
    quiet_ms: float

    @property
    def slowness(self) -> float:
        """How many times slower than usual the machine is, at least 1."""
        return max(1.0, self.quiet_ms / _USUAL_MS)

    def allowed(self, usual_ms: float) -> float:
        """Return the time that something may take here that usually takes less."""
        return usual_ms * self.slowness

    def least(self, reads: int) -> float:
        """Return how many reads there must be, of those at the highest rate."""
        return reads * self.per_second / MOST_PER_SECOND

    def __str__(self) -> str:
        return f"{self.per_second:.0f} reads/s, {self.quiet_ms:.0f} ms when quiet"


async def measured_pace(gateway: str, accepted: Accepted | None = None) -> Pace:
    """Measure a gateway without faults. Skips the test if the machine is too slow."""
    async with steady_load(gateway, accepted) as load:
        await load.responses(_WARM_UP)
        seen, began_s = len(load.report.latencies_s), time.monotonic()
        await load.responses(_MEASURED)
        took_s = time.monotonic() - began_s
        latencies_s = sorted(load.report.latencies_s[seen:])
    assert_clean(load.report)
    possible = len(latencies_s) / took_s
    per_second = min(MOST_PER_SECOND, SHARE * possible)
    if per_second < LEAST_PER_SECOND:
        pytest.skip(f"{NOT_PROVEN}: only {possible:.1f} reads/s are possible")
    return Pace(per_second, 1000 * latencies_s[len(latencies_s) // 2])
