"""The registry of the values of labels, which decides about each set of labels once.

A counter or histogram calls it with a set of labels that it does not have yet. So the
decision costs nothing for a known one, which is a lookup alone.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from weir.gateway.telemetry.metrics.label_values import (
    OTHER,
    Axis,
    LabelValues,
    placed,
)
from weir.gateway.telemetry.metrics.series import Counter, Gauge, Histogram
from weir.gateway.telemetry.metrics.snapshot import Labels
from weir.gateway.telemetry.metrics.store import MetricsStore

_EMPTY: Final = frozenset[Labels]()


class LabelRegistry:
    """The values that the labels of the counters and histograms of a store can have.

    Before the first configuration, they can have all.
    """

    def __init__(self, store: MetricsStore) -> None:
        self._store = store
        self._allowed: dict[tuple[str, ...], _Allowed] = {}
        self._values: LabelValues | None = None

    def follow(self, values: LabelValues) -> None:
        """Allow the values of a configuration, and those of the one before.

        Requests of the one before may still be in flight.
        """
        if values is self._values:
            return
        self._values = values
        axes = values.axes()
        for axis in axes:
            self._allowed.setdefault(axis.labels, _Allowed()).follow(axis)
        for each in fields(self._store):
            metric: Counter | Gauge | Histogram = getattr(self._store, each.name)
            if not isinstance(metric, Gauge):
                places = [
                    (positions, self._allowed[axis.labels])
                    for positions, axis in placed(metric.about, axes)
                ]
                metric.admit = _Admission(places)


class _Allowed:
    """The values of an axis that sets of labels can have."""

    def __init__(self) -> None:
        self._now = self._before = _EMPTY
        self._more = 0
        self._others: set[Labels] = set()

    def follow(self, axis: Axis) -> None:
        self._before, self._now = self._now, frozenset(axis.values)
        self._more = axis.more

    def admitted(self, values: Labels) -> Labels:
        """Return the values, or `OTHER` for the last ones, or for all of them."""
        if self._is_allowed(values):
            return values
        if len(self._others) < self._more:
            self._others.add(values)
            return values
        for known in range(len(values) - 1, 0, -1):
            shortened = values[:known] + (OTHER,) * (len(values) - known)
            if shortened in self._now:
                return shortened
        return (OTHER,) * len(values)

    def _is_allowed(self, values: Labels) -> bool:
        return values in self._now or values in self._before or values in self._others


class _Admission:
    """The decision about the labels of one family, by the places of its axes."""

    def __init__(self, places: Sequence[tuple[tuple[int, ...], _Allowed]]) -> None:
        self._places = places

    def __call__(self, labels: Labels) -> Labels:
        admitted = list(labels)
        for positions, allowed in self._places:
            values = allowed.admitted(tuple(labels[i] for i in positions))
            for position, value in zip(positions, values, strict=True):
                admitted[position] = value
        return tuple(admitted)
