"""Snapshots of metrics: plain numbers that can be sent, added up and rendered.

Each process records into a store of its own. The sum of their snapshots describes all
of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple, TypeAlias, TypeVar

Labels: TypeAlias = tuple[str, ...]
"""The values of a family's labels, in the order of their names."""

_Value = TypeVar("_Value")


class Merge(Enum):
    """The value of a gauge for several processes."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"

    def of(self, one: float, other: float) -> float:
        match self:
            case Merge.SUM:
                return one + other
            case Merge.MIN:
                return min(one, other)
            case Merge.MAX:
                return max(one, other)


@dataclass(frozen=True, slots=True)
class Description:
    """The name of a family, its documentation and the names of its labels."""

    name: str
    documentation: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CounterSnapshot:
    """Counts by label values."""

    about: Description
    values: Mapping[Labels, int]

    def __add__(self, other: "CounterSnapshot") -> "CounterSnapshot":
        values = _merged(self.values, other.values, int.__add__)
        return replace(self, values=values)


@dataclass(frozen=True, slots=True)
class GaugeSnapshot:
    """Current values by label values."""

    about: Description
    merge: Merge
    values: Mapping[Labels, float]

    def __add__(self, other: "GaugeSnapshot") -> "GaugeSnapshot":
        values = _merged(self.values, other.values, self.merge.of)
        return replace(self, values=values)


@dataclass(frozen=True, slots=True)
class Distribution:
    """Observations: their number in each bucket, the last without bound, and sum."""

    buckets: tuple[int, ...]
    total: float

    def __add__(self, other: "Distribution") -> "Distribution":
        pairs = zip(self.buckets, other.buckets, strict=True)
        return Distribution(
            tuple(one + another for one, another in pairs), self.total + other.total
        )

    def __sub__(self, earlier: "Distribution") -> "Distribution":
        pairs = zip(self.buckets, earlier.buckets, strict=True)
        return Distribution(
            tuple(now - before for now, before in pairs), self.total - earlier.total
        )


class Exemplar(NamedTuple):
    """An observation with the trace of its request, at a time since the epoch."""

    trace_id: str
    value: float
    at_s: float


@dataclass(frozen=True, slots=True)
class HistogramSnapshot:
    """Distributions by label values; `bounds` are the upper ones, inclusive.

    `exemplars` are the last ones of buckets, by label values and the bucket's position.
    """

    about: Description
    bounds: tuple[float, ...]
    values: Mapping[Labels, Distribution]
    exemplars: Mapping[tuple[Labels, int], Exemplar] = field(
        default_factory=dict[tuple[Labels, int], Exemplar]
    )

    def __add__(self, other: "HistogramSnapshot") -> "HistogramSnapshot":
        if self.bounds != other.bounds:
            message = f"{self.about.name}: the buckets differ"
            raise ValueError(message)
        values = _merged(self.values, other.values, Distribution.__add__)
        exemplars = _merged(self.exemplars, other.exemplars, _later)
        return replace(self, values=values, exemplars=exemplars)


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """All families of a store, by name."""

    counters: Mapping[str, CounterSnapshot]
    gauges: Mapping[str, GaugeSnapshot]
    histograms: Mapping[str, HistogramSnapshot]

    def since(self, earlier: "MetricsSnapshot") -> "MetricsSnapshot":
        """Return what was counted and observed after an earlier snapshot.

        Gauges are the current ones. Label sets without a change are left out.
        """
        return MetricsSnapshot(
            {
                name: replace(each, values=_changes(each, earlier.counters.get(name)))
                for name, each in self.counters.items()
            },
            self.gauges,
            {
                name: _observed(each, earlier.histograms.get(name))
                for name, each in self.histograms.items()
            },
        )

    def __add__(self, other: "MetricsSnapshot") -> "MetricsSnapshot":
        """Return the metrics of both; raise ValueError if their buckets differ."""
        return MetricsSnapshot(
            _merged(self.counters, other.counters, CounterSnapshot.__add__),
            _merged(self.gauges, other.gauges, GaugeSnapshot.__add__),
            _merged(self.histograms, other.histograms, HistogramSnapshot.__add__),
        )


def _changes(
    now: CounterSnapshot, earlier: CounterSnapshot | None
) -> dict[Labels, int]:
    before: Mapping[Labels, int] = earlier.values if earlier else {}
    return {
        labels: value - before.get(labels, 0)
        for labels, value in now.values.items()
        if value != before.get(labels, 0)
    }


def _observed(
    now: HistogramSnapshot, earlier: HistogramSnapshot | None
) -> HistogramSnapshot:
    if earlier is None:
        return now
    before = earlier.values
    values = {
        labels: value - before[labels] if labels in before else value
        for labels, value in now.values.items()
        if value != before.get(labels)
    }
    exemplars = {
        place: each
        for place, each in now.exemplars.items()
        if each != earlier.exemplars.get(place)
    }
    return replace(now, values=values, exemplars=exemplars)


def _later(one: Exemplar, other: Exemplar) -> Exemplar:
    return max(one, other, key=lambda each: each.at_s)


_Key = TypeVar("_Key")


def _merged(
    one: Mapping[_Key, _Value],
    other: Mapping[_Key, _Value],
    add: Callable[[_Value, _Value], _Value],
) -> dict[_Key, _Value]:
    merged = dict(one)
    for key, value in other.items():
        merged[key] = add(merged[key], value) if key in merged else value
    return merged
