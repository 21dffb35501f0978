"""Round robin: each in turn."""

from collections.abc import Sequence

from gateway.upstreams.balancing.balancer import AnyCandidate


class RoundRobin:
    """Takes the instances in turn, whatever their weight or load."""

    __slots__ = ("_turn",)

    def __init__(self, first: int = 0) -> None:
        self._turn = first - 1

    def pick(self, candidates: Sequence[AnyCandidate], now_s: float) -> AnyCandidate:
        del now_s
        self._turn += 1
        return candidates[self._turn % len(candidates)]
