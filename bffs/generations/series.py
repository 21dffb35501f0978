"""The series that the metrics of a configuration can have, and their limit."""

from collections.abc import Iterable, Iterator
from itertools import chain, product, starmap
from typing import Final

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.model.root import Config
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
from weir.gateway.telemetry.metrics.label_values import (
    OTHER,
    LabelValues,
    estimated_series,
)
from weir.gateway.telemetry.metrics.snapshot import Labels
from weir.gateway.upstreams.snapshot import ServiceSnapshot

MAX_OPERATIONS: Final = 1000
MAX_PATHS: Final = 1000
"""The stored operations and the paths that are values of labels; a histogram has 17
series for each. The others share `OTHER`."""


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
    operations = _operations(config, facades)
    paths = sorted({path for _, path, _ in routes})
    services_named = frozenset((each.name,) for each in services)
    return LabelValues(
        facades=frozenset((each,) for each in clients),
        routes=frozenset(_routes(routes, set(paths[:MAX_PATHS]), clients)),
        operations=frozenset(
            {
                *operations[:MAX_OPERATIONS],
                *product(clients, ("", OTHER)),
            }
        ),
        services=services_named,
        subgraphs=frozenset((str(name[-1]),) for name, _ in config.all_subgraphs())
        | services_named
        | {("",)},
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
        codes=frozenset((row.code,) for row in TABLE),
        route_names=frozenset((name,) for name in config.routes),
        backends=frozenset(_backends(config)),
        unnamed_operations=max(0, len(operations) - MAX_OPERATIONS),
        unnamed_paths=max(0, len(paths) - MAX_PATHS),
    )


def unnamed(values: LabelValues) -> Iterator[str]:
    """Yield a sentence for each label with too many values."""
    for count, what, most in (
        (values.unnamed_operations, "stored operations", MAX_OPERATIONS),
        (values.unnamed_paths, "paths", MAX_PATHS),
    ):
        if count:
            yield (
                f"{count} of {count + most} {what} have the value `{OTHER}` in the"
                f" labels of metrics, which name {most} at most"
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


def _routes(
    routes: Iterable[Labels], named: set[str], clients: Iterable[str]
) -> Iterator[Labels]:
    """Yield the routes by client type, path and method.

    Other methods of a path, paths that are not `named`, and those that do not exist
    have values, too.
    """
    for method, path, client in routes:
        if path not in named:
            yield client, OTHER, OTHER
            continue
        yield client, path, method
        yield client, path, OTHER
        yield client, path, "OPTIONS"
        if method == "GET":
            yield client, path, "HEAD"
    for client in clients:
        yield client, "", OTHER


def _operations(config: Config, facades: Iterable[Facade]) -> list[Labels]:
    """Return the stored operations, those with an objective first."""
    named = [
        (facade.name, stored.qualified_name)
        for facade in facades
        for stored, _ in facade.stored
    ]
    return sorted(named, key=lambda each: ("/".join(each) not in config.slo, each))


def _endpoints(
    loaded: LoadedConfig, services: Iterable[ServiceSnapshot]
) -> Iterator[Labels]:
    """Yield the endpoints of graphs, those of plain routes, and the others."""
    for service in services:
        yield service.name, OTHER
    for _, subgraph in loaded.config.all_subgraphs():
        if subgraph.upstream is not None:
            yield subgraph.upstream, f"POST {subgraph.path}"
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


def _backends(config: Config) -> Iterator[Labels]:
    """Yield the name and the backends of each route that has several."""
    for name, route in config.routes.items():
        for each in route.variants.values():
            if each.proxy is not None:
                yield from product((name,), each.proxy.backends)


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
