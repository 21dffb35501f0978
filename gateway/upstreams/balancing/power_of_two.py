"""Power of two choices: the better of two random instances.

With the best of all, every gateway of a fleet would choose the same instance at the
same time. With a random one, load and latency would be ignored. The better of two
random ones avoids both (Mitzenmacher 1996). The load of an instance is its expected
latency, times the calls in flight including this one, divided by its weight.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from weir.gateway.upstreams.balancing.balancer import (
    AnyCandidate,
    Candidate,
    PickContext,
)

_FLOOR_S: Final = 0.0001
"""Differences in latency below this are ignored; the calls in flight decide."""


class PowerOfTwo:
    """The instance with the lower load of two random ones."""

    __slots__ = ("_rng",)

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        count = len(candidates)
        if count == 1:
            return candidates[0]
        first = int(self._rng.random() * count)
        second = (first + 1 + int(self._rng.random() * (count - 1))) % count
        one, other = candidates[first], candidates[second]
        now_s = context.now_s
        return one if _load(one, now_s) <= _load(other, now_s) else other


def _load(candidate: Candidate, now_s: float) -> float:
    latency_s = max(candidate.expected_latency_s(now_s), _FLOOR_S)
    return latency_s * (candidate.in_flight + 1) / candidate.weight(now_s)
