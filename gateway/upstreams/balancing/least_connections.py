"""Least connections, for calls of very different duration."""

from collections.abc import Sequence
from random import Random

from weir.gateway.upstreams.balancing.balancer import AnyCandidate, PickContext


class LeastConnections:
    """The instance with the fewest calls in flight, relative to its weight.

    The choice between equal instances is random. Otherwise the first one would get all
    calls while there are few.
    """

    __slots__ = ("_rng",)

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        now_s = context.now_s
        loads = [(one.in_flight + 1) / one.weight(now_s) for one in candidates]
        least = min(loads)
        equals = [
            candidate
            for candidate, load in zip(candidates, loads, strict=True)
            if load == least
        ]
        return equals[int(self._rng.random() * len(equals))]
