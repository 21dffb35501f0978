"""Round robin: each in turn."""

from collections.abc import Sequence

from weir.gateway.upstreams.balancing.balancer import AnyCandidate, Occasion


class RoundRobin:
    """Takes the instances in turn, whatever their weight or load."""

    __slots__ = ("_turn",)

    def __init__(self) -> None:
        self._turn = -1

    def pick(
        self, candidates: Sequence[AnyCandidate], occasion: Occasion
    ) -> AnyCandidate:
        del occasion
        self._turn += 1
        return candidates[self._turn % len(candidates)]
