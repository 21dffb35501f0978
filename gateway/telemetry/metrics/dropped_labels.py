"""Metrics without some of their labels: series that differ in these alone are one."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TypeVar

from weir.gateway.telemetry.metrics.snapshot import (
    Description,
    Distribution,
    Labels,
    MetricsSnapshot,
)

_Value = TypeVar("_Value")


def without_labels(
    metrics: MetricsSnapshot, dropped: AbstractSet[str]
) -> MetricsSnapshot:
    """Return metrics without the `dropped` labels, and without exemplars of those."""
    if not dropped:
        return metrics
    return MetricsSnapshot(
        {
            name: replace(
                each,
                about=_shown(each.about, dropped),
                values=_united(each.about, each.values, dropped, int.__add__),
            )
            for name, each in metrics.counters.items()
        },
        {
            name: replace(
                each,
                about=_shown(each.about, dropped),
                values=_united(each.about, each.values, dropped, each.merge.of),
            )
            for name, each in metrics.gauges.items()
        },
        {
            name: replace(
                each,
                about=_shown(each.about, dropped),
                values=_united(each.about, each.values, dropped, Distribution.__add__),
                exemplars=each.exemplars
                if dropped.isdisjoint(each.about.labels)
                else {},
            )
            for name, each in metrics.histograms.items()
        },
    )


def _shown(about: Description, dropped: AbstractSet[str]) -> Description:
    labels = tuple(label for label in about.labels if label not in dropped)
    return replace(about, labels=labels)


def _united(
    about: Description,
    values: Mapping[Labels, _Value],
    dropped: AbstractSet[str],
    add: Callable[[_Value, _Value], _Value],
) -> Mapping[Labels, _Value]:
    if dropped.isdisjoint(about.labels):
        return values
    shown = [i for i, label in enumerate(about.labels) if label not in dropped]
    united: dict[Labels, _Value] = {}
    for labels, value in values.items():
        key = tuple(labels[i] for i in shown)
        united[key] = add(united[key], value) if key in united else value
    return united
