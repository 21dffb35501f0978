"""The limits of a façade that count requests by their stored operation.

The operation is known after the steps of the route. Names of operations that are not
stored are texts of clients, so that all of these are counted as one.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.limiter import LimitStates
from weir.gateway.limits.plans import Plans, plan_of_limits
from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.refusals import Limiter


class StatesByOperation:
    """The states of the limits for each stored operation, and for all others.

    `documents` are the operations by name. Names of the same document are limited
    alike, as clients run it by any of them.
    """

    __slots__ = ("_by_name", "limits", "others")

    def __init__(
        self, states: Iterable[LimitStates], documents: Mapping[str, str]
    ) -> None:
        limited = [
            (each, {documents.get(name) for name in each.limit.operations})
            for each in states
        ]
        self.limits = tuple(each.limit for each, _ in limited)
        self.others = tuple(each for each, texts in limited if not texts)
        self._by_name = {
            name: tuple(each for each, texts in limited if not texts or text in texts)
            for name, text in documents.items()
        }

    def of(self, operation: str) -> tuple[LimitStates, ...]:
        """Return the states for an operation, which is "" if it is not stored."""
        return self._by_name.get(operation, self.others)

    def items(self) -> Iterable[tuple[str, tuple[LimitStates, ...]]]:
        """Return the stored operations with their states."""
        return self._by_name.items()


class OperationLimits:
    """The limiters of each stored operation, and of all others."""

    __slots__ = ("_by_name", "_clock", "_others", "_plan_of", "states")

    def __init__(
        self,
        states: StatesByOperation,
        new_limiter: Callable[[Sequence[LimitStates]], Limiter],
        plans: Plans | None,
        clock: Clock,
    ) -> None:
        known: dict[tuple[RateLimit, ...], Limiter] = {}

        def limiter(of: tuple[LimitStates, ...]) -> Limiter | None:
            """Return the one limiter of these limits, whose requests wait together."""
            if not of:
                return None
            limits = tuple(each.limit for each in of)
            if limits not in known:
                known[limits] = new_limiter(of)
            return known[limits]

        self.states = states
        self._by_name = {name: limiter(of) for name, of in states.items()}
        self._others = limiter(states.others)
        self._plan_of = plan_of_limits(states.limits, plans)
        self._clock = clock

    def take(
        self, operation: str, context: RequestContext
    ) -> Coroutine[Any, Any, None] | None:
        """Take a token of each limit of an operation; raise RateLimited.

        `operation` is "" if it is not stored. Return a coroutine with this outcome if
        the request has to wait.
        """
        limiter = self._by_name.get(operation, self._others)
        if limiter is None:
            return None
        identity = context.identity
        caller = Caller(
            context.client_address,
            context.client_headers,
            identity,
            self._plan_of(identity),
            operation,
        )
        return limiter.take(caller, self._clock.monotonic_s())
