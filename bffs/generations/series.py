"""The series that the metrics of a configuration can have, and their limit."""

from collections.abc import Iterable, Iterator
from itertools import chain, product, starmap

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.model.telemetry.metrics import DROPPABLE
from weir.bffs.config.policies.plans import plans
from weir.bffs.config.policies.rate_limits import (
    facade_limits,
    route_limits,
    upstream_limits,
)
from weir.bffs.error_table import TABLE
from weir.bffs.facades.facade import Facade
from weir.gateway.edge.route import NO_CLIENT
from weir.gateway.routes.matching.rule import METHODS
from weir.gateway.telemetry.metrics.bounded_label import OTHER
from weir.gateway.telemetry.metrics.label_values import LabelValues, estimated_series
from weir.gateway.telemetry.metrics.sink import MAX_APPLICATIONS, MAX_CODES, STATUSES
from weir.gateway.telemetry.metrics.snapshot import Labels
from weir.gateway.upstreams.snapshot import ServiceSnapshot


def label_values(
    loaded: LoadedConfig,
    facades: Iterable[Facade],
    routes: Iterable[Labels],
    services: Iterable[ServiceSnapshot],
) -> LabelValues:
    """Return the values that labels can have.

    `routes` are the method, the path and the client type of each route.
    """
    config, routes, services = loaded.config, tuple(routes), tuple(services)
    clients = {NO_CLIENT, *(client for _, _, client in routes)}
    return LabelValues(
        facades=frozenset((each,) for each in clients),
        routes=frozenset(_with_other_methods(routes, clients)),
        operations=frozenset(_operations(facades, clients)),
        services=frozenset((each.name,) for each in services),
        subgraphs=frozenset((str(name[-1]),) for name, _ in config.all_subgraphs())
        | frozenset((each.name,) for each in services),
        endpoints=frozenset(_endpoints(loaded, services)),
        instances=frozenset(
            (each.name, instance.url)
            for each in services
            for instance in each.endpoints
        ),
        breakers=frozenset(
            (each.name, operation.name)
            for each in services
            for operation in each.operations
        ),
        limits=frozenset(_limits(loaded)),
        objectives=frozenset((each,) for each in config.slo),
        applications=frozenset((str(i), str(i)) for i in range(MAX_APPLICATIONS + 1)),
        statuses=frozenset((each,) for each in (*STATUSES.values(), OTHER)),
        codes=frozenset((row.code,) for row in TABLE),
        failures=frozenset((str(i),) for i in range(MAX_CODES + 1)),
    )


def check_series(loaded: LoadedConfig, values: LabelValues) -> None:
    """Raise ConfigError if the metrics can have more series than the limit."""
    section = loaded.config.metrics
    dropped = set[str](section.drop_labels)
    series = _total(values, dropped)
    if series <= section.max_series:
        return
    label = min(
        (each for each in DROPPABLE if each not in dropped),
        key=lambda each: _total(values, {*dropped, each}),
        default="",
    )
    message = (
        f"metrics.max_series: the metrics can have {series} series, more than"
        f" {section.max_series}"
    )
    if label:
        left = _total(values, {*dropped, label})
        message += f"; with `{label}` in `metrics.drop_labels` there are {left}"
    raise loaded.error(("metrics", "max_series"), message)


def _total(values: LabelValues, dropped: set[str]) -> int:
    return sum(each.series for each in estimated_series(values, dropped))


def _with_other_methods(
    routes: Iterable[Labels], clients: Iterable[str]
) -> Iterator[Labels]:
    """Yield the routes, those of other methods of their paths, and of other paths."""
    for method, path, client in routes:
        yield method, path, client
        yield OTHER, path, client
        yield "OPTIONS", path, client
        if method == "GET":
            yield "HEAD", path, client
    for client in clients:
        yield OTHER, "", client


def _operations(facades: Iterable[Facade], clients: Iterable[str]) -> Iterator[Labels]:
    for client in clients:
        yield client, ""
    for facade in facades:
        for stored, _ in facade.stored:
            yield facade.name, stored.name


def _endpoints(
    loaded: LoadedConfig, services: Iterable[ServiceSnapshot]
) -> Iterator[Labels]:
    """Yield the endpoints of graphs, and those of plain routes."""
    for service in services:
        yield service.name, "POST"
    for name, route in loaded.config.routes.items():
        yield from _endpoints_of(name, route)


def _endpoints_of(name: str, route: RouteSection) -> Iterator[Labels]:
    methods = {*route.methods, "HEAD"} if route.methods else METHODS
    for each in route.variants.values():
        if each.proxy is not None:
            for upstream, method in product(each.proxy.upstreams.values(), methods):
                yield upstream, f"{method} {name}"
        if each.aggregate is not None:
            for part in each.aggregate.parts.values():
                yield part.upstream, f"GET {part.path}"


def _limits(loaded: LoadedConfig) -> Iterator[Labels]:
    """Yield the scope and the name of each limit."""
    config = loaded.config
    limits = chain(
        *facade_limits(config).values(),
        *route_limits(config).values(),
        *starmap(upstream_limits, config.upstreams.items()),
        *(plan.limits for plan in plans(config)),
    )
    for each in limits:
        yield each.scope, each.name
