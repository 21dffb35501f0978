"""The seam of balancing."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Candidate(Protocol):
    """What a balancer may know of an instance."""

    @property
    def url(self) -> str: ...
    @property
    def in_flight(self) -> int: ...
    def expected_latency_s(self, now_s: float) -> float: ...


AnyCandidate = TypeVar("AnyCandidate", bound=Candidate)


class Balancer(Protocol):
    """Chooses among instances that may all be asked."""

    def pick(self, candidates: Sequence[AnyCandidate], now_s: float) -> AnyCandidate:
        """Return one of `candidates`, of which there is at least one.

        They come in the order of the policy, without those that may not be asked.
        """
        ...
