"""At random, by weight: needs no memory, and no two gateways fall into step."""

from collections.abc import Sequence
from random import Random

from weir.gateway.upstreams.balancing.balancer import AnyCandidate, PickContext


class WeightedRandom:
    """Draws an instance; each with the probability that its weight says."""

    __slots__ = ("_rng",)

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        weights = [candidate.weight(context.now_s) for candidate in candidates]
        return self._rng.choices(candidates, weights)[0]
