"""The burn rates of objectives over several windows, from totals since the start.

A burn rate of 1 uses up the error budget in the period of the objective, and one of 14
in two days of a month. A short window shows that errors still happen, a long one that
they matter. The totals of all objectives are recorded each minute for six hours.

https://sre.google/workbook/alerting-on-slos/
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from weir.gateway.clock import Clock
from weir.gateway.telemetry.metrics.snapshot import Labels
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.objective import Objective, Objectives

WINDOWS_S: Final[Mapping[str, float]] = {
    "5m": 300.0,
    "30m": 1800.0,
    "1h": 3600.0,
    "6h": 21600.0,
}
FAST_BURN: Final = 14.4
"""The burn rate that uses up the budget of a month in two days."""
_INTERVAL_S: Final = 60.0
_OUTAGE: Final = 0.99
"""The share of bad requests in an outage."""


def reachable_rate(rate: float, target: float) -> float:
    """Return a burn rate, or that of an outage where a low target has no higher one."""
    return min(rate, _OUTAGE / (1 - target))


class Totals(NamedTuple):
    """The requests of an objective since the start."""

    requests: int = 0
    good: int = 0


class _Moment(NamedTuple):
    at_s: float
    totals: Mapping[str, Totals]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """The budget in a window: `rate` is the share of bad requests by the allowed one.

    `covered_s` is the time since the first moment of the window: shorter after the
    start, and up to a minute longer than the window.
    """

    window_s: float
    covered_s: float
    requests: int
    bad: int
    rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRequests:
    """Bad requests by their reason and the service of the missing part, or ""."""

    reason: str
    service: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowPart:
    """The number of slow requests in which one part took the most time.

    `service` is "" for parts without a service.
    """

    part: str
    service: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveState:
    """An objective with its requests since the start, and its burn rates."""

    name: str
    within_s: float
    target: float
    requests: int
    good: int
    burns: tuple[Burn, ...]
    bad: tuple[BadRequests, ...]
    slow_parts: tuple[SlowPart, ...]


class BurnRates:
    """The totals of the last six hours; `objectives` returns the current ones."""

    def __init__(
        self, store: MetricsStore, clock: Clock, objectives: Callable[[], Objectives]
    ) -> None:
        self._store = store
        self._clock = clock
        self._objectives = objectives
        self._moments: deque[_Moment] = deque()
        self.record()

    async def run(self) -> None:
        """Record moments until the task is cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_S)
            self.record()

    def record(self) -> None:
        """Record a moment, and remove those that no window needs."""
        now = self._moment()
        self._moments.append(now)
        longest_s = max(WINDOWS_S.values())
        while len(self._moments) > 1 and now.at_s - self._moments[1].at_s >= longest_s:
            self._moments.popleft()

    def states(self) -> tuple[ObjectiveState, ...]:
        """Return the state of each objective."""
        now = self._moment()
        return tuple(self._state(each, now) for each in self._objectives().all)

    def rates(self) -> Iterator[tuple[Labels, float]]:
        """Yield the burn rates by objective and window, for the metrics."""
        now = self._moment()
        for each in self._objectives().all:
            for window, window_s in WINDOWS_S.items():
                yield (each.name, window), self._burn(each, now, window_s).rate

    def targets(self) -> Iterator[tuple[Labels, float]]:
        """Yield the targets by objective, for the metrics."""
        for each in self._objectives().all:
            yield (each.name,), each.target

    def _state(self, objective: Objective, now: _Moment) -> ObjectiveState:
        totals = now.totals.get(objective.name, Totals())
        return ObjectiveState(
            name=objective.name,
            within_s=objective.within_s,
            target=objective.target,
            requests=totals.requests,
            good=totals.good,
            burns=tuple(
                self._burn(objective, now, each) for each in WINDOWS_S.values()
            ),
            bad=tuple(
                BadRequests(reason=reason, service=service, count=count)
                for (name, reason, service), count in self._store.slo_bad.counts()
                if name == objective.name
            ),
            slow_parts=tuple(
                SlowPart(part=part, service=service, count=count)
                for (name, part, service), count in self._store.slo_slow_parts.counts()
                if name == objective.name
            ),
        )

    def _burn(self, objective: Objective, now: _Moment, window_s: float) -> Burn:
        before = self._before(now.at_s - window_s)
        earlier = before.totals.get(objective.name, Totals())
        totals = now.totals.get(objective.name, Totals())
        requests = totals.requests - earlier.requests
        bad = requests - (totals.good - earlier.good)
        share = bad / requests if requests else 0.0
        return Burn(
            window_s=window_s,
            covered_s=now.at_s - before.at_s,
            requests=requests,
            bad=bad,
            rate=share / (1 - objective.target),
        )

    def _before(self, at_s: float) -> _Moment:
        """Return the latest moment before a time, or else the first one."""
        before = (each for each in reversed(self._moments) if each.at_s <= at_s)
        return next(before, self._moments[0])

    def _moment(self) -> _Moment:
        good = {name: count for (name,), count in self._store.slo_good.counts()}
        totals = {
            name: Totals(count, good.get(name, 0))
            for (name,), count in self._store.slo_requests.counts()
        }
        return _Moment(self._clock.monotonic_s(), totals)
