"""The values that the labels of metrics can have, and the series that follow.

A family of metrics has one series for each combination of values, and a histogram one
for each of its buckets. Labels that belong together, such as the method and the path of
a route, have their values together.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from math import prod
from typing import Final, NamedTuple, TypeAlias

from weir.gateway.telemetry.metrics.series import MAX_SERIES, Counter, Gauge, Histogram
from weir.gateway.telemetry.metrics.snapshot import Labels
from weir.gateway.telemetry.metrics.store import MetricsStore

Values: TypeAlias = AbstractSet[Labels]

_FEW: Final = 6
"""The values of a label that only the gateway itself chooses, such as an outcome."""
_MEANINGS: Final = {
    "gateway_request_duration": {"service": "client_type"},
    "gateway_errors": {"service": "source"},
    "gateway_certificate_expiry_seconds": {"certificate": "source"},
}
"""The labels that have at most as many values as another one, by family."""


class Axis(NamedTuple):
    """Labels that have their `values` together."""

    labels: tuple[str, ...]
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelValues:
    """The values of labels for one configuration, as tuples.

    `routes` have a method, a path and a client type, `operations` a façade and the name
    of a stored operation, "" for all others. `endpoints`, `instances` and `breakers`
    have the service first. `applications` are a name and a version, `codes` those of
    the error table, and `failures` those of services, which the sink bounds.
    """

    facades: Values
    routes: Values
    operations: Values
    services: Values
    subgraphs: Values
    endpoints: Values
    instances: Values
    breakers: Values
    limits: Values
    objectives: Values
    applications: Values
    statuses: Values
    codes: Values
    failures: Values

    def axes(self) -> tuple[Axis, ...]:
        """Return the values by labels, those with most labels first."""
        paths = frozenset((path,) for _, path, _ in self.routes)
        return (
            Axis(("method", "path", "client_type"), self.routes),
            Axis(("client_type", "operation"), self.operations),
            Axis(("service", "endpoint"), self.endpoints),
            Axis(("service", "instance"), self.instances),
            Axis(("service", "operation"), self.breakers),
            Axis(("scope", "limit"), self.limits),
            Axis(("client_name", "client_version"), self.applications),
            Axis(("path",), paths),
            Axis(("client_type",), self.facades),
            Axis(("service",), self.services),
            Axis(("source",), self.facades | self.services),
            Axis(("subgraph",), self.subgraphs),
            Axis(("objective",), self.objectives),
            Axis(("status",), self.statuses),
            Axis(("error_type",), self.codes),
            Axis(("reason",), self.codes),
            Axis(("code",), self.failures),
        )


class FamilySeries(NamedTuple):
    """The most series that a family of metrics can have."""

    name: str
    labels: tuple[str, ...]
    series: int


def estimated_series(
    values: LabelValues, dropped: AbstractSet[str] = frozenset()
) -> tuple[FamilySeries, ...]:
    """Return the most series of each family, without the `dropped` labels."""
    return tuple(_families(values.axes(), dropped))


def _families(
    axes: tuple[Axis, ...], dropped: AbstractSet[str]
) -> Iterator[FamilySeries]:
    store = MetricsStore()
    for each in fields(store):
        metric: Counter | Gauge | Histogram = getattr(store, each.name)
        about = metric.about
        meanings = _MEANINGS.get(about.name, {})
        labels = [meanings.get(label, label) for label in about.labels]
        sets = min(_combinations(labels, axes, dropped), MAX_SERIES + 1)
        per_set = len(metric.bounds) + 3 if isinstance(metric, Histogram) else 1
        shown = tuple(label for label in about.labels if label not in dropped)
        yield FamilySeries(about.name, shown, sets * per_set)


def _combinations(
    labels: list[str], axes: tuple[Axis, ...], dropped: AbstractSet[str]
) -> int:
    """Return the number of combinations of the values of labels."""
    counts: list[int] = []
    left = list(labels)
    for axis in axes:
        if set(axis.labels) <= set(left):
            left = [label for label in left if label not in axis.labels]
            counts.append(_distinct(axis, dropped))
    counts += [1 if label in dropped else _FEW for label in left]
    return prod(counts)


def _distinct(axis: Axis, dropped: AbstractSet[str]) -> int:
    """Return the number of values that differ in labels that are not dropped."""
    if dropped.isdisjoint(axis.labels):
        return len(axis.values)
    shown = [i for i, label in enumerate(axis.labels) if label not in dropped]
    return len({tuple(value[i] for i in shown) for value in axis.values})
