"""Smooth weighted round robin: in turn, by weight, without bursts.

Simple weighting picks an instance of weight 5 five times in a row. In this algorithm
(nginx's), each pick adds the weight of every instance to its credit. The instance with
the highest credit is picked, and the sum of all weights is subtracted from its credit.
Over a cycle, each instance is picked as often as its weight, evenly spread: `aabacaa`
for the weights 5, 1 and 1.
"""

from collections.abc import Sequence

from weir.gateway.upstreams.balancing.balancer import AnyCandidate, PickContext


class SmoothWeightedRoundRobin:
    """The instances in turn, as often as their weights."""

    __slots__ = ("_credit",)

    def __init__(self) -> None:
        self._credit: dict[str, float] = {}

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        credit = self._credit
        total = 0.0
        best = candidates[0]
        for candidate in candidates:
            weight = candidate.weight(context.now_s)
            total += weight
            credit[candidate.url] = credit.get(candidate.url, 0.0) + weight
            if credit[candidate.url] > credit[best.url]:
                best = candidate
        credit[best.url] -= total
        return best
