"""The interface of balancing algorithms."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from msgspec import Struct


class Candidate(Protocol):
    """An instance, as a balancer sees it."""

    @property
    def url(self) -> str: ...
    @property
    def in_flight(self) -> int: ...
    def weight(self, now_s: float) -> float:
        """Return the weight, relative to the other instances and above 0."""
        ...

    def expected_latency_s(self, now_s: float) -> float: ...


AnyCandidate = TypeVar("AnyCandidate", bound=Candidate)


class PickContext(Struct, frozen=True):
    """The time of a pick, and the hash key of the call, if it has one."""

    now_s: float
    key: bytes = b""


class Balancer(Protocol):
    """A balancing algorithm."""

    def pick(
        self, candidates: Sequence[AnyCandidate], context: PickContext
    ) -> AnyCandidate:
        """Return one of `candidates`, of which there is at least one.

        They are in the order of the policy, without those that must not be used.
        """
        ...
