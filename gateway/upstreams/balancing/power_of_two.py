"""Power of two choices: the better of two at random.

Taking the best of all makes every gateway of a fleet choose the same instance at the
same moment; taking one at random ignores what is known. Two at random and the better
of them avoids both (Mitzenmacher 1996). The load of an instance is its expected
latency times the calls it would then have in flight, for its weight.
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
"""Below this, differences in latency say nothing; the calls in flight decide."""


class PowerOfTwo:
    """Compares two instances drawn at random by latency and load."""

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
