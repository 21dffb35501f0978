"""Rates, error shares and latencies of the last minutes, from totals since the start.

The totals of all metrics are compared with those of an earlier moment. So recording a
request costs nothing more, and a moment takes the memory of a few numbers for each
name.
"""

import asyncio
import operator
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Literal, NamedTuple, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.telemetry.metrics.store import MetricsStore

Group: TypeAlias = Literal["facades", "operations", "routes", "services"]
WINDOWS_S: Final = (60.0, 300.0, 3600.0)
INTERVAL_S: Final = 10.0
_FINE_S: Final = 330.0
_COARSE_S: Final = 60.0
_MAX_NAMES: Final = 200
_OTHER: Final = "other"


@dataclass(slots=True)
class Totals:
    """The requests of one name since the start: in all, failed, and by duration."""

    failed: int = 0
    buckets: tuple[int, ...] = ()

    @property
    def requests(self) -> int:
        return sum(self.buckets)

    def add(self, buckets: Sequence[int]) -> None:
        """Add requests by duration."""
        before = self.buckets
        self.buckets = tuple(map(operator.add, before, buckets) if before else buckets)

    def since(self, earlier: "Totals") -> "Totals":
        """Return what was added after an earlier moment."""
        before = earlier.buckets or (0,) * len(self.buckets)
        pairs = zip(self.buckets, before, strict=True)
        return Totals(
            self.failed - earlier.failed, tuple(now - then for now, then in pairs)
        )


class Moment(NamedTuple):
    """The totals of all names at one time."""

    at_s: float
    totals: Mapping[Group, Mapping[str, Totals]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The requests of one name in a window; there are no latencies without requests."""

    name: str
    requests_per_s: float
    error_share: float
    p50_s: float | None
    p95_s: float | None
    p99_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRates:
    """The rates of a window.

    `covered_s` is the time between the two moments: shorter after the start, and up to
    a minute longer in an hour.
    """

    window_s: float
    covered_s: float
    facades: tuple[Rates, ...]
    operations: tuple[Rates, ...]
    routes: tuple[Rates, ...]
    services: tuple[Rates, ...]


@dataclass(slots=True)
class RateHistory:
    """The moments of the last hour: each ten seconds, and each minute before that."""

    store: MetricsStore
    clock: Clock
    moments: deque[Moment] = field(default_factory=deque[Moment], init=False)

    def __post_init__(self) -> None:
        self.record()

    async def run(self) -> None:
        """Record moments until the task is cancelled."""
        while True:
            await asyncio.sleep(INTERVAL_S)
            self.record()

    def record(self) -> None:
        """Record a moment, and remove those that no window needs."""
        now_s = self.clock.monotonic_s()
        self.moments.append(moment(self.store, now_s))
        while len(self.moments) > 1 and now_s - self.moments[1].at_s >= WINDOWS_S[-1]:
            self.moments.popleft()
        retained = deque[Moment]()
        for each in self.moments:
            is_fine = now_s - each.at_s <= _FINE_S
            if not retained or is_fine or each.at_s - retained[-1].at_s >= _COARSE_S:
                retained.append(each)
        self.moments = retained

    def rates(self) -> tuple[WindowRates, ...]:
        """Return the rates of each window until now."""
        now_s = self.clock.monotonic_s()
        now = moment(self.store, now_s)
        bounds = self.store.request_duration.bounds
        return tuple(
            _window(now, self._before(now_s - window_s), window_s, bounds)
            for window_s in WINDOWS_S
        )

    def _before(self, at_s: float) -> Moment:
        """Return the latest moment before a time, or else the first one."""
        before = [each for each in self.moments if each.at_s <= at_s]
        return before[-1] if before else self.moments[0]


def moment(store: MetricsStore, now_s: float) -> Moment:
    """Return the totals of a store, with a bounded number of names in each group."""
    return Moment(
        now_s,
        {
            "facades": _of_facades(store),
            "operations": _of_operations(store),
            "routes": _of_routes(store),
            "services": _of_services(store),
        },
    )


def _of_facades(store: MetricsStore) -> dict[str, Totals]:
    facades = _Names()
    for (_, _, client_type), buckets in store.request_duration.rows():
        if client_type:
            facades.of(client_type).add(buckets)
    for (client_type, _), count in store.failed_requests.counts():
        facades.of(client_type).failed += count
    return facades.totals


def _of_operations(store: MetricsStore) -> dict[str, Totals]:
    operations = _Names()
    for (client_type, operation), buckets in store.operation_duration.rows():
        operations.of(f"{client_type}/{operation}").add(buckets)
    for (client_type, operation), count in store.failed_requests.counts():
        if operation:
            operations.of(f"{client_type}/{operation}").failed += count
    return operations.totals


def _of_routes(store: MetricsStore) -> dict[str, Totals]:
    routes = _Names()
    for (method, path, _), buckets in store.request_duration.rows():
        routes.of(f"{method} {path}").add(buckets)
    for (method, path, status, _), count in store.requests.counts():
        if status.startswith("5"):
            routes.of(f"{method} {path}").failed += count
    return routes.totals


def _of_services(store: MetricsStore) -> dict[str, Totals]:
    services = _Names()
    for (service, _), buckets in store.backend_duration.rows():
        services.of(service).add(buckets)
    for (_, service), count in store.errors.counts():
        if service in services.totals:
            services.totals[service].failed += count
    return services.totals


class _Names:
    """Totals by name; further names are counted together."""

    def __init__(self) -> None:
        self.totals: dict[str, Totals] = {}

    def of(self, name: str) -> Totals:
        if name not in self.totals and len(self.totals) >= _MAX_NAMES:
            name = _OTHER
        return self.totals.setdefault(name, Totals())


def _window(
    now: Moment, before: Moment, window_s: float, bounds: tuple[float, ...]
) -> WindowRates:
    covered_s = now.at_s - before.at_s

    def of(group: Group) -> tuple[Rates, ...]:
        earlier = before.totals[group]
        return tuple(
            _rates(name, each.since(earlier.get(name, Totals())), covered_s, bounds)
            for name, each in sorted(now.totals[group].items())
        )

    return WindowRates(
        window_s=window_s,
        covered_s=covered_s,
        facades=of("facades"),
        operations=of("operations"),
        routes=of("routes"),
        services=of("services"),
    )


def _rates(
    name: str, added: Totals, covered_s: float, bounds: tuple[float, ...]
) -> Rates:
    requests = added.requests
    return Rates(
        name=name,
        requests_per_s=requests / covered_s if covered_s else 0.0,
        error_share=min(added.failed / requests, 1.0) if requests else 0.0,
        p50_s=quantile(0.5, added.buckets, bounds),
        p95_s=quantile(0.95, added.buckets, bounds),
        p99_s=quantile(0.99, added.buckets, bounds),
    )


def quantile(
    share: float, buckets: Iterable[int], bounds: tuple[float, ...]
) -> float | None:
    """Return an estimate as `histogram_quantile` of Prometheus makes it.

    Values are spread evenly in their bucket. Those above the last bound count as it.
    """
    sums = tuple(accumulate(buckets))
    if not sums or not sums[-1]:
        return None
    rank = share * sums[-1]
    index = next(i for i, total in enumerate(sums) if total >= rank)
    if index >= len(bounds):
        return bounds[-1]
    below, low_s = (sums[index - 1], bounds[index - 1]) if index else (0, 0.0)
    return low_s + (bounds[index] - low_s) * (rank - below) / (sums[index] - below)
