"""Smooth weighted round robin: in turn, by weight, without bursts.

Simple weighting asks an instance of weight 5 five times in a row. Here each round
credits all instances with their weight, the one with the most credit is taken, and
pays for it with the sum of all weights (nginx's algorithm). Over a cycle each is taken
exactly as often as its weight says, spread as evenly as can be: a a b a c a a.
"""

from collections.abc import Sequence

from weir.gateway.upstreams.balancing.balancer import AnyCandidate, PickContext


class SmoothWeightedRoundRobin:
    """Takes the instances in turn, as often as their weights say."""

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
