"""The values that the labels of metrics can have, and the series that follow.

Makers of events pass names as they are. The values of each label are decided here, for
the registry of them (`label_registry`) and for the estimate of series alike.

A family of metrics has one series for each combination of values, and a histogram one
for each of its buckets. Labels that belong together, such as the method and the path of
a route, have their values together.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields
from http import HTTPStatus
from math import prod
from typing import Final, NamedTuple, TypeAlias

from weir.gateway.telemetry.metrics.series import MAX_SERIES, Counter, Gauge, Histogram
from weir.gateway.telemetry.metrics.snapshot import Description, Labels
from weir.gateway.telemetry.metrics.store import MetricsStore

Values: TypeAlias = AbstractSet[Labels]

OTHER: Final = "other"
"""The value that stands for all that a label cannot have."""
STATUSES: Final = frozenset((str(each),) for each in (*map(int, HTTPStatus), 499))
"""Services may send other statuses. A client that leaves has 499."""
OUTCOMES: Final = frozenset(
    (each,)
    for each in ("ok", "allowed", "dropped", "too_large", "BACKOFF", "CANCELLED")
)
"""The values of labels with codes that are not in the error table."""
_FEW: Final = 12
"""The values of a label that only the gateway itself chooses, such as a state."""
_MAX_APPLICATIONS: Final = 200
_MAX_CODES: Final = 100
_MAX_ENDPOINTS: Final = 100
_MEANINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "gateway_request_duration": {"service": "client_type"},
    "gateway_errors": {"service": "source"},
    "gateway_certificate_expiry_seconds": {"certificate": "source"},
    "gateway_partial_responses": {"service": "subgraph"},
    "gateway_response_errors": {"service": "subgraph"},
    "gateway_slo_bad_requests": {"reason": "verdict", "service": "subgraph"},
    "gateway_slo_slow_parts": {"service": "subgraph"},
    "gateway_auth": {"method": "credential", "outcome": "error_type"},
    "gateway_mirrored_requests": {"path": "route", "outcome": "error_type"},
    "gateway_split_requests": {"path": "split"},
    "gateway_worker_ends": {"reason": "end"},
    "gateway_compiled_plans": {"code": "form"},
}
"""The labels whose values are those of another name, by family."""


class Axis(NamedTuple):
    """Labels that have their `values` together, and the first `more` unknown ones.

    A set that is not among them has `OTHER` for its last labels, if that is one of the
    values, or for all.
    """

    labels: tuple[str, ...]
    values: Values
    more: int = 0


class PlacedAxis(NamedTuple):
    """The positions that the labels of an axis have in a family."""

    positions: tuple[int, ...]
    axis: Axis


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelValues:
    """The values of labels for one configuration, as tuples.

    `routes` have a client type, a path and a method, `operations` a façade and the name
    of a stored operation, "" for all others. `endpoints`, `instances` and `breakers`
    have the service first. `codes` are those of the error table, and `route_names` the
    names of plain routes. `backends` have the name of a route first.
    `unnamed_operations` and `unnamed_paths` are the numbers of those that are `OTHER`,
    as there are too many.
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
    codes: Values
    route_names: Values
    backends: Values
    unnamed_operations: int = 0
    unnamed_paths: int = 0

    def axes(self) -> tuple[Axis, ...]:
        """Return the values by labels, those with most labels first."""
        paths = frozenset((path,) for _, path, _ in self.routes)
        return (
            Axis(("client_type", "path", "method"), self.routes),
            Axis(("client_type", "operation"), self.operations),
            Axis(("service", "endpoint"), self.endpoints, _MAX_ENDPOINTS),
            Axis(("service", "instance"), self.instances),
            Axis(("service", "operation"), self.breakers),
            Axis(("scope", "limit"), self.limits),
            Axis(("split", "backend"), self.backends),
            Axis(("client_name", "client_version"), frozenset(), _MAX_APPLICATIONS),
            Axis(("path",), paths),
            Axis(("client_type",), self.facades),
            Axis(("service",), self.services),
            Axis(("source",), self.facades | self.services),
            Axis(("subgraph",), self.subgraphs),
            Axis(("objective",), self.objectives),
            Axis(("route",), self.route_names),
            Axis(("status",), STATUSES),
            Axis(("error_type",), self.codes | OUTCOMES),
            Axis(("reason",), self.codes | OUTCOMES),
            Axis(("code",), frozenset(), _MAX_CODES),
        )


def placed(about: Description, axes: tuple[Axis, ...]) -> tuple[PlacedAxis, ...]:
    """Return the axes of a family; labels that the gateway chooses are in none."""
    meanings = _MEANINGS.get(about.name, {})
    left = {meanings.get(each, each): i for i, each in enumerate(about.labels)}
    found: list[PlacedAxis] = []
    for axis in axes:
        if left.keys() >= set(axis.labels):
            positions = tuple(left.pop(label) for label in axis.labels)
            found.append(PlacedAxis(positions, axis))
    return tuple(found)


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
        sets = min(_combinations(about, axes, dropped), MAX_SERIES + 1)
        per_set = len(metric.bounds) + 3 if isinstance(metric, Histogram) else 1
        shown = tuple(label for label in about.labels if label not in dropped)
        yield FamilySeries(about.name, shown, sets * per_set)


def _combinations(
    about: Description, axes: tuple[Axis, ...], dropped: AbstractSet[str]
) -> int:
    """Return the number of combinations of the values of a family's labels."""
    found = placed(about, axes)
    in_axes = {position for each in found for position in each.positions}
    counts = [_distinct(each, about, dropped) for each in found]
    counts += [
        1 if label in dropped else _FEW
        for position, label in enumerate(about.labels)
        if position not in in_axes
    ]
    return prod(counts)


def _distinct(each: PlacedAxis, about: Description, dropped: AbstractSet[str]) -> int:
    """Return the number of values that differ in labels that are not dropped.

    One more is that of `OTHER` for all labels.
    """
    shown = [
        i for i, at in enumerate(each.positions) if about.labels[at] not in dropped
    ]
    if not shown:
        return 1
    values = {tuple(value[i] for i in shown) for value in each.axis.values}
    return len(values) + each.axis.more + 1
