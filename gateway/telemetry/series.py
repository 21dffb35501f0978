"""Counters, gauges and histograms as plain numbers, read when somebody scrapes.

The client library's own metrics take a lock and a label lookup per update, from any
thread; ours are updated by the event loop alone, thousands of times between two
scrapes. So an update is one dict lookup and one addition, and the library is asked for
the text format only.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)

Labels: TypeAlias = tuple[str, ...]
Family: TypeAlias = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily

# Labels are bounded by those who make events. If one is not, the process and the
# metrics store must survive it: later label sets are counted together.
MAX_SERIES = 5000
_OTHER = "other"

# Seconds. From the light request's half millisecond to the longest timeout.
DURATION_BOUNDS_S = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
)


class Counter:
    """Counts by label values."""

    __slots__ = ("_documentation", "_labels", "_name", "_values")

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = tuple(labels)
        self._values: dict[Labels, int] = {}

    def add(self, labels: Labels, amount: int = 1) -> None:
        values = self._values
        if labels in values:
            values[labels] += amount
        else:
            key = _bounded(labels, values)
            values[key] = values.get(key, 0) + amount

    def value(self, labels: Labels) -> int:
        return self._values.get(labels, 0)

    def collect(self) -> Family:
        family = CounterMetricFamily(
            self._name, self._documentation, labels=self._labels
        )
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        return family


class Gauge:
    """Holds values by label values."""

    __slots__ = ("_documentation", "_labels", "_name", "_values")

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = tuple(labels)
        self._values: dict[Labels, float] = {}

    def set(self, labels: Labels, value: float) -> None:
        if labels not in self._values:
            labels = _bounded(labels, self._values)
        self._values[labels] = value

    def replace(self, values: Iterable[tuple[Labels, float]]) -> None:
        """Forget every label set but these."""
        self._values = dict(values)

    def collect(self) -> Family:
        family = GaugeMetricFamily(self._name, self._documentation, labels=self._labels)
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        return family


class Histogram:
    """Counts observations by label values and bucket; seconds by default."""

    __slots__ = ("_bounds", "_documentation", "_labels", "_name", "_rows", "_sums")

    def __init__(
        self,
        name: str,
        documentation: str,
        labels: Sequence[str],
        bounds: Sequence[float] = DURATION_BOUNDS_S,
    ) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = tuple(labels)
        self._bounds = tuple(bounds)
        self._rows: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, labels: Labels, value: float) -> None:
        row = self._rows.get(labels)
        if row is None:
            labels = _bounded(labels, self._rows)
            row = self._rows.setdefault(labels, [0] * (len(self._bounds) + 1))
            self._sums.setdefault(labels, 0.0)
        row[bisect_left(self._bounds, value)] += 1
        self._sums[labels] += value

    def collect(self) -> Family:
        family = HistogramMetricFamily(
            self._name, self._documentation, labels=self._labels
        )
        names = (*map(str, self._bounds), "+Inf")
        for labels, row in self._rows.items():
            family.add_metric(
                labels,
                buckets=list(zip(names, _cumulative(row), strict=True)),
                sum_value=self._sums[labels],
            )
        return family


def _bounded(
    labels: Labels,
    known: dict[Labels, int] | dict[Labels, float] | dict[Labels, list[int]],
) -> Labels:
    return labels if len(known) < MAX_SERIES else (_OTHER,) * len(labels)


def _cumulative(row: list[int]) -> Iterable[int]:
    total = 0
    for count in row:
        total += count
        yield total
