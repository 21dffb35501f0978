"""The limits of one route, and their states from one generation to the next."""

import asyncio
from asyncio import Future
from collections.abc import (
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from weir.gateway.limits.bucket import Decision, Level, Use, time_to_token_s
from weir.gateway.limits.buckets import Buckets
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.policy import RateLimit

StoreCall: TypeAlias = Callable[[], "Future[Decision]"]
"""Call the shared store; the future has the decision by the deadline of the store."""


class LimitStates(Protocol):
    """The states of the keys of one limit, in this process or in a shared store."""

    @property
    def limit(self) -> RateLimit: ...

    def peek(self, key: bytes, now_s: float) -> Level:
        """Return the state of a key, as far as this process knows it."""
        ...

    async def read(self, key: bytes, now_s: float) -> Use:
        """Return the use of a key, also where a shared store has it."""
        ...

    def take(self, key: bytes, now_s: float, cost: int = 1) -> Decision | StoreCall:
        """Decide on a request, and take its tokens if it passes.

        Return a function instead if only the shared store can decide.
        """
        ...

    def refund(self, key: bytes, cost: int = 1) -> None:
        """Give back the tokens that `take` or a `StoreCall` took for a request."""
        ...

    def lower(self, limit: RateLimit) -> None:
        """Decide by a lower rate and burst than those of `limit` from now on."""
        ...


LimitBuckets: TypeAlias = Mapping[RateLimit, LimitStates]


_Outcome: TypeAlias = tuple[LimitStates, bytes, Decision | StoreCall]
NewStates: TypeAlias = Callable[[RateLimit], LimitStates]


def limit_buckets(
    limits: Iterable[RateLimit], previous: LimitBuckets, new: NewStates = Buckets
) -> dict[RateLimit, LimitStates]:
    """Return the states of each limit: those of `previous` if it has the same limit.

    A limit whose values have changed starts with full buckets.
    """
    return {limit: previous.get(limit) or new(limit) for limit in limits}


class RateLimiter:
    """Several limits at once: all of them have to allow a request."""

    __slots__ = ("_only", "_states", "limits")

    def __init__(self, states: Iterable[LimitStates]) -> None:
        self._states = tuple((each, each.limit.key.digest) for each in states)
        self._only = self._states[0] if len(self._states) == 1 else None
        self.limits = tuple(each.limit for each, _ in self._states)

    def take(
        self, caller: Caller, now_s: float, cost: int = 1
    ) -> Coroutine[Any, Any, None] | None:
        """Take `cost` tokens of each limit; raise RateLimited, and then takes none.

        Return a coroutine with this outcome if a shared store has to decide. The error
        names the limit that the caller has to wait for the longest.
        """
        only = self._only
        if only is not None:
            states, digest = only
            key = digest(caller)
            outcome = states.take(key, now_s, cost)
            if isinstance(outcome, Decision) and outcome.allowed:
                return None
            return _Attempt(cost).resolve([(states, key, outcome)])
        outcomes: list[_Outcome] = []
        passes = True
        for states, digest in self._states:
            key = digest(caller)
            outcome = states.take(key, now_s, cost)
            outcomes.append((states, key, outcome))
            passes = passes and isinstance(outcome, Decision) and outcome.allowed
        return None if passes else _Attempt(cost).resolve(outcomes)

    def refund(self, caller: Caller, cost: int) -> None:
        """Give `cost` tokens back that `take` took of each limit."""
        for states, digest in self._states:
            states.refund(digest(caller), cost)

    def wait_s(self, caller: Caller, now_s: float) -> float:
        """Return the time until all limits have a token for a caller."""
        return max((wait_s for wait_s, _ in self._waits(caller, now_s)), default=0.0)

    def exceeded(self, caller: Caller, now_s: float) -> RateLimited:
        """Return the error of the limit that a caller has to wait for the longest."""
        waits = self._waits(caller, now_s)
        wait_s, limit = max(waits, key=lambda each: each[0])
        return RateLimited(limit, wait_s)

    def _waits(self, caller: Caller, now_s: float) -> Iterator[tuple[float, RateLimit]]:
        for limit, level in zip(self.limits, self.peek(caller, now_s), strict=True):
            yield time_to_token_s(limit, level), limit

    def peek(self, caller: Caller, now_s: float) -> list[Level]:
        """Return the state of each limit for a caller."""
        levels: list[Level] = []
        for states, digest in self._states:  # a comprehension is one more call
            levels.append(states.peek(digest(caller), now_s))
        return levels

    async def read(self, caller: Caller, now_s: float) -> list[Use]:
        """Return the use of each limit, also where a shared store has it."""
        reading = [each.read(digest(caller), now_s) for each, digest in self._states]
        return await asyncio.gather(*reading)


@dataclass(slots=True)
class _Attempt:
    """The tokens that a request has taken so far, and the limits that reject it."""

    cost: int
    taken: list[tuple[LimitStates, bytes]] = field(
        default_factory=list[tuple[LimitStates, bytes]]
    )
    rejected: list[tuple[float, RateLimit]] = field(
        default_factory=list[tuple[float, RateLimit]]
    )

    def resolve(self, outcomes: Iterable[_Outcome]) -> Coroutine[Any, Any, None] | None:
        """Raise RateLimited, or return a coroutine if there are calls to wait for."""
        calls: list[tuple[LimitStates, bytes, StoreCall]] = []
        for states, key, outcome in outcomes:
            if isinstance(outcome, Decision):
                self.add(states, key, outcome)
            else:
                calls.append((states, key, outcome))
        self.end()
        return self.call(calls) if calls else None

    def add(self, states: LimitStates, key: bytes, decision: Decision) -> None:
        if decision.allowed:
            self.taken.append((states, key))
        else:
            self.rejected.append((decision.retry_after_s, states.limit))

    def end(self) -> None:
        """Raise RateLimited, and give everything back, if a limit has rejected."""
        if self.rejected:
            for states, key in self.taken:
                states.refund(key, self.cost)
            retry_after_s, limit = max(self.rejected, key=lambda each: each[0])
            raise RateLimited(limit, retry_after_s, self.cost)

    async def call(self, calls: Sequence[tuple[LimitStates, bytes, StoreCall]]) -> None:
        """Call for all limits at once; a client that leaves has used its tokens."""
        called = [(states, key, call()) for states, key, call in calls]
        for states, key, reply in called:
            self.add(states, key, await reply)
        self.end()
