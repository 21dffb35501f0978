"""The state machine of a circuit breaker.

    CLOSED     --consecutive failures, or too many in the window-->  OPEN
    OPEN       --open_for_s passed, or an instance has recovered-->  HALF_OPEN
    HALF_OPEN  --probes succeeded-->    CLOSED
    HALF_OPEN  --one probe failed-->    OPEN

Each transition begins an epoch. The outcome of a call only counts in the epoch in which
the call was admitted: calls that began before the breaker opened give no information
about the service afterwards.
"""

from collections.abc import Callable
from enum import Enum
from typing import Final, TypeAlias

from weir.gateway.upstreams.middleware.breaker.window import FailureWindow
from weir.gateway.upstreams.model.policy import BreakerPolicy


class BreakerState(Enum):
    """The state of a breaker, which admits all calls, none, or a few probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


_UNCOUNTED: Final = -1
"""The permit of a call whose outcome does not count."""

OnChange: TypeAlias = Callable[[BreakerState, BreakerState, float], None]
"""A function of the states before and after, and the time."""


class Breaker:
    """A circuit breaker, which admits calls by the outcomes of earlier ones."""

    __slots__ = (
        "_epoch",
        "_failures",
        "_on_change",
        "_probes_passed",
        "_probes_running",
        "_window",
        "forced",
        "policy",
        "since_s",
        "state",
    )

    def __init__(
        self, policy: BreakerPolicy, now_s: float, on_change: OnChange
    ) -> None:
        self.policy = policy
        self._on_change = on_change
        self._epoch = 0
        self._window = FailureWindow(policy.window_s)
        self.forced: BreakerState | None = None
        """The forced state, OPEN or CLOSED, for drills; outcomes do not count then."""
        self.state = BreakerState.CLOSED
        self._begin_epoch(now_s)

    @property
    def failures(self) -> int:
        """The number of consecutive failures while closed."""
        return self._failures

    def recent(self, now_s: float) -> tuple[int, int]:
        """Return the recent calls that count, and how many of them failed."""
        return self._window.recent(now_s)

    def retry_after_s(self, now_s: float) -> float:
        """Return the seconds until a call may be admitted; 0 unless open."""
        if self.state is not BreakerState.OPEN:
            return 0.0
        return max(0.0, self.since_s + self.policy.open_for_s - now_s)

    def admit(self, now_s: float) -> int | None:
        """Return a permit for a call, or None to reject it.

        Each permit must be passed to one of `succeeded`, `failed` and `abandoned`.
        """
        if self.forced is not None:
            return _UNCOUNTED if self.forced is BreakerState.CLOSED else None
        if self.state is BreakerState.CLOSED:
            return self._epoch
        if self.state is BreakerState.OPEN:
            if self.retry_after_s(now_s) > 0:
                return None
            self._move(BreakerState.HALF_OPEN, now_s)
        if self._probes_running + self._probes_passed >= self.policy.probes:
            return None
        self._probes_running += 1
        return self._epoch

    def succeeded(self, permit: int, now_s: float) -> None:
        """Record a successful call."""
        if permit != self._epoch:
            return
        self._failures = 0
        self._window.add(failed=False, now_s=now_s)
        if self.state is BreakerState.HALF_OPEN:
            self._probes_running -= 1
            self._probes_passed += 1
            if self._probes_passed >= self.policy.probes:
                self._move(BreakerState.CLOSED, now_s)

    def failed(self, permit: int, now_s: float) -> None:
        """Record a call that failed after all its retries."""
        if permit != self._epoch:
            return
        self._failures += 1
        self._window.add(failed=True, now_s=now_s)
        if self.state is BreakerState.HALF_OPEN or self._has_enough():
            self._move(BreakerState.OPEN, now_s)

    def abandoned(self, permit: int) -> None:
        """Record a call without information on the service: cancelled or not sent."""
        if permit == self._epoch and self.state is BreakerState.HALF_OPEN:
            self._probes_running -= 1

    def counts(self, permit: int) -> bool:
        """Return whether the outcome of a call counts: its epoch has not ended."""
        return permit == self._epoch

    def trip(self, now_s: float) -> None:
        """Open a closed breaker at once."""
        self._move(BreakerState.OPEN, now_s)

    def probe_early(self, now_s: float) -> None:
        """Move from open to half-open, as an instance has recovered."""
        if self.state is BreakerState.OPEN:
            self._move(BreakerState.HALF_OPEN, now_s)

    def reset(self, now_s: float) -> None:
        """Close the breaker and clear its counts."""
        if self.state is BreakerState.CLOSED:
            self._begin_epoch(now_s)
        else:
            self._move(BreakerState.CLOSED, now_s)

    def _has_enough(self) -> bool:
        policy, window = self.policy, self._window
        if self._failures >= policy.failures:
            return True
        enough = window.calls >= policy.min_calls and policy.failed_share < 1.0
        return enough and window.failed_share >= policy.failed_share

    def _move(self, after: BreakerState, now_s: float) -> None:
        before, self.state = self.state, after
        self._begin_epoch(now_s)
        self._on_change(before, after, now_s)

    def _begin_epoch(self, now_s: float) -> None:
        self._epoch += 1
        self._window.clear()
        self._failures = self._probes_running = self._probes_passed = 0
        self.since_s = now_s
