"""Weighted random choice: without state, and uncorrelated between gateways."""

from collections.abc import Sequence
from random import Random

from weir.gateway.upstreams.balancing.balancer import AnyCandidate, PickContext


class WeightedRandom:
    """A random instance, with a probability in proportion to its weight."""

    __slots__ = ("_rng",)

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        weights = [candidate.weight(context.now_s) for candidate in candidates]
        return self._rng.choices(candidates, weights)[0]
