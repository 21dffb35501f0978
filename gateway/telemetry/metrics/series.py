"""Counters, gauges and histograms as plain numbers.

The client library's own metrics take a lock and a label lookup per update, from any
thread. These are updated by the event loop alone, thousands of times between two
scrapes: an update is one dict lookup and one addition.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

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
Cell: TypeAlias = list[int]
"""A count, as the only item."""
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

    __slots__ = ("_cells", "_read", "about", "admit")

    def __init__(self, about: Description) -> None:
        self.about = about
        self.admit: Admit = _as_they_are
        self._cells: dict[Labels, Cell] = {}
        self._read: ReadCounter | None = None

    def add(self, labels: Labels, amount: int = 1) -> None:
        cell = self._cells.get(labels)
        if cell is None:
            cell = self.cell(labels)
        cell[0] += amount

    def __contains__(self, labels: Labels) -> bool:
        """Whether there is a count of exactly these labels."""
        return labels in self._cells

    def cell(self, labels: Labels) -> Cell:
        """Return the count of labels, for those who add to it often."""
        if labels not in self._cells:
            labels = _bounded(self.admit(labels), self._cells)
        return self._cells.setdefault(labels, [0])

    def absorb(self, counted: CounterSnapshot) -> None:
        """Add what another process has counted."""
        for labels, amount in counted.values.items():
            self.add(labels, amount)

    def read_from(self, read: ReadCounter) -> None:
        """Add the counts that `read` returns at each snapshot."""
        self._read = read

    def counts(self) -> Iterator[tuple[Labels, int]]:
        """Yield the counts, which must be used before the next is recorded."""
        for labels, (count,) in self._cells.items():
            yield labels, count

    def snapshot(self) -> CounterSnapshot:
        values = dict(self.counts())
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
    """Counts of observations by label values and bucket; seconds by default.

    A row has the counts of the buckets, and the sum of all values as its last item.
    """

    __slots__ = ("_exemplars", "_rows", "about", "admit", "bounds")

    def __init__(
        self, about: Description, bounds: Sequence[float] = DURATION_BOUNDS_S
    ) -> None:
        self.about = about
        self.bounds = tuple(bounds)
        self.admit: Admit = _as_they_are
        self._rows: dict[Labels, list[float]] = {}
        self._exemplars: dict[tuple[Labels, int], Exemplar] = {}

    def observe(self, labels: Labels, value: float) -> None:
        row = self._rows.get(labels)
        if row is None:
            row = self.row(labels)
        row[bisect_left(self.bounds, value)] += 1
        row[-1] += value

    def __contains__(self, labels: Labels) -> bool:
        """Whether there is a row of exactly these labels."""
        return labels in self._rows

    def row(self, labels: Labels) -> list[float]:
        """Return the row of labels, for those who observe often."""
        if labels not in self._rows:
            labels = _bounded(self.admit(labels), self._rows)
        return self._rows.setdefault(labels, [0] * (len(self.bounds) + 1) + [0.0])

    def exemplify(self, labels: Labels, exemplar: Exemplar) -> None:
        """Show an observation as that of its bucket."""
        if labels in self._rows:
            bucket = bisect_left(self.bounds, exemplar.value)
            self._exemplars[labels, bucket] = exemplar

    def absorb(self, observed: HistogramSnapshot) -> None:
        """Add what another process has observed, with the same bounds."""
        for labels, added in observed.values.items():
            row = self.row(labels)
            for i, count in enumerate(added.buckets):
                row[i] += count
            row[-1] += added.total
        for (labels, _), exemplar in observed.exemplars.items():
            self.exemplify(labels, exemplar)

    def rows(self) -> Iterator[tuple[Labels, Sequence[int]]]:
        """Yield the counts by bucket. A snapshot takes several times as long."""
        for labels, row in self._rows.items():
            yield labels, cast("list[int]", row[:-1])

    def snapshot(self) -> HistogramSnapshot:
        values = {
            labels: Distribution(tuple(map(int, row[:-1])), row[-1])
            for labels, row in self._rows.items()
        }
        return HistogramSnapshot(self.about, self.bounds, values, dict(self._exemplars))


def _bounded(labels: Labels, known: Mapping[Labels, object]) -> Labels:
    is_known = labels in known or len(known) < MAX_SERIES
    return labels if is_known else (_OTHER,) * len(labels)
