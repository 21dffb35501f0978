"""The seam of balancing."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar


class Candidate(Protocol):
    """What a balancer may know of an instance."""

    @property
    def url(self) -> str: ...
    @property
    def in_flight(self) -> int: ...
    def weight(self, now_s: float) -> float:
        """Return its share relative to the others, above 0."""
        ...

    def expected_latency_s(self, now_s: float) -> float: ...


AnyCandidate = TypeVar("AnyCandidate", bound=Candidate)


class PickContext(NamedTuple):
    """When an instance is picked, and what the call hashes to (empty: nothing)."""

    now_s: float
    key: bytes = b""


class Balancer(Protocol):
    """Chooses among instances that may all be asked."""

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        """Return one of `candidates`, of which there is at least one.

        They come in the order of the policy, without those that may not be asked.
        """
        ...
