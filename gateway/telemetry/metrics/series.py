"""Counters, gauges and histograms as plain numbers.

The client library's own metrics take a lock and a label lookup per update, from any
thread. These are updated by the event loop alone, thousands of times between two
scrapes: an update is one dict lookup and one addition.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from weir.gateway.telemetry.metrics.snapshot import (
    CounterSnapshot,
    Description,
    Distribution,
    Exemplar,
    GaugeSnapshot,
    HistogramSnapshot,
    Labels,
    Merge,
)

ReadCounter: TypeAlias = Callable[[], Iterable[tuple[Labels, int]]]
Admit: TypeAlias = Callable[[Labels], Labels]
"""A function that returns the labels by which new ones are counted."""
ReadGauge: TypeAlias = Callable[[], Iterable[tuple[Labels, float]]]

# The registry of labels bounds them. Where their combinations are too many, the process
# and the metrics store must survive it: later label sets are counted together.
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


def _as_they_are(labels: Labels) -> Labels:
    return labels


class Counter:
    """Counts by label values, recorded or read at each snapshot."""

    __slots__ = ("_read", "_values", "about", "admit")

    def __init__(self, about: Description) -> None:
        self.about = about
        self.admit: Admit = _as_they_are
        self._values: dict[Labels, int] = {}
        self._read: ReadCounter | None = None

    def add(self, labels: Labels, amount: int = 1) -> None:
        values = self._values
        if labels in values:
            values[labels] += amount
        else:
            key = _bounded(self.admit(labels), values)
            values[key] = values.get(key, 0) + amount

    def absorb(self, counted: CounterSnapshot) -> None:
        """Add what another process has counted."""
        for labels, amount in counted.values.items():
            self.add(labels, amount)

    def read_from(self, read: ReadCounter) -> None:
        """Add the counts that `read` returns at each snapshot."""
        self._read = read

    def counts(self) -> Iterable[tuple[Labels, int]]:
        """Return the counts, which must be used before the next is recorded."""
        return self._values.items()

    def snapshot(self) -> CounterSnapshot:
        values = dict(self._values)
        for labels, count in self._read() if self._read is not None else ():
            values[labels] = values.get(labels, 0) + count
        return CounterSnapshot(self.about, values)


class Gauge:
    """Current values by label values, recorded or read at each snapshot."""

    __slots__ = ("_merge", "_read", "_values", "about")

    def __init__(self, about: Description, merge: Merge) -> None:
        self.about = about
        self._merge = merge
        self._values: dict[Labels, float] = {}
        self._read: ReadGauge | None = None

    def set(self, labels: Labels, value: float) -> None:
        if labels not in self._values:
            labels = _bounded(labels, self._values)
        self._values[labels] = value

    def replace(self, values: Iterable[tuple[Labels, float]]) -> None:
        """Forget every label set but these."""
        self._values = dict(values)

    def read_from(self, read: ReadGauge) -> None:
        """Take all values from `read` at each snapshot."""
        self._read = read

    def read_value(self, read: Callable[[], float]) -> None:
        """Take the value of a gauge without labels from `read` at each snapshot."""
        self._read = lambda: [((), read())]

    def snapshot(self) -> GaugeSnapshot:
        if self._read is not None:
            self.replace(self._read())
        return GaugeSnapshot(self.about, self._merge, dict(self._values))


COST_BOUNDS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4, 1e5)


class Histogram:
    """Counts of observations by label values and bucket; seconds by default."""

    __slots__ = ("_exemplars", "_rows", "_sums", "about", "admit", "bounds")

    def __init__(
        self, about: Description, bounds: Sequence[float] = DURATION_BOUNDS_S
    ) -> None:
        self.about = about
        self.bounds = tuple(bounds)
        self.admit: Admit = _as_they_are
        self._rows: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._exemplars: dict[tuple[Labels, int], Exemplar] = {}

    def observe(self, labels: Labels, value: float) -> None:
        row = self._rows.get(labels)
        if row is None:
            labels, row = self._new_row(labels)
        row[bisect_left(self.bounds, value)] += 1
        self._sums[labels] += value

    def exemplify(self, labels: Labels, exemplar: Exemplar) -> None:
        """Show an observation as that of its bucket."""
        if labels in self._rows:
            bucket = bisect_left(self.bounds, exemplar.value)
            self._exemplars[labels, bucket] = exemplar

    def absorb(self, observed: HistogramSnapshot) -> None:
        """Add what another process has observed, with the same bounds."""
        for labels, added in observed.values.items():
            labels, row = self._new_row(labels)  # noqa: PLW2901 - bounded
            for i, count in enumerate(added.buckets):
                row[i] += count
            self._sums[labels] += added.total
        for (labels, _), exemplar in observed.exemplars.items():
            self.exemplify(labels, exemplar)

    def _new_row(self, labels: Labels) -> tuple[Labels, list[int]]:
        """Return the row of labels, and the labels that it is counted with."""
        if labels not in self._rows:
            labels = _bounded(self.admit(labels), self._rows)
        self._sums.setdefault(labels, 0.0)
        return labels, self._rows.setdefault(labels, [0] * (len(self.bounds) + 1))

    def rows(self) -> Iterable[tuple[Labels, Sequence[int]]]:
        """Return the counts by bucket, to be used before the next is recorded.

        A snapshot takes several times as long.
        """
        return self._rows.items()

    def snapshot(self) -> HistogramSnapshot:
        values = {
            labels: Distribution(tuple(row), self._sums[labels])
            for labels, row in self._rows.items()
        }
        return HistogramSnapshot(self.about, self.bounds, values, dict(self._exemplars))


def _bounded(labels: Labels, known: Mapping[Labels, object]) -> Labels:
    is_known = labels in known or len(known) < MAX_SERIES
    return labels if is_known else (_OTHER,) * len(labels)
