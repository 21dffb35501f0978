"""Round robin, without weights."""

from collections.abc import Sequence

from weir.gateway.upstreams.balancing.balancer import AnyCandidate, PickContext


class RoundRobin:
    """The instances in turn, independent of weight and load."""

    __slots__ = ("_turn",)

    def __init__(self) -> None:
        self._turn = -1

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        del context
        self._turn += 1
        return candidates[self._turn % len(candidates)]
