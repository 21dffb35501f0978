"""Round robin: each in turn."""

from collections.abc import Sequence

from weir.gateway.upstreams.balancing.balancer import AnyCandidate, PickContext


class RoundRobin:
    """Takes the instances in turn, whatever their weight or load."""

    __slots__ = ("_turn",)

    def __init__(self) -> None:
        self._turn = -1

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        del context
        self._turn += 1
        return candidates[self._turn % len(candidates)]
