"""The index of the plain routes of a configuration."""

from collections.abc import Iterator, Mapping, Sequence

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError, Problem
from weir.bffs.config.policies.routes import (
    admission,
    route_rules,
)
from weir.bffs.facades.facade import Facade
from weir.bffs.generations.routes.endpoints import RouteBuild
from weir.gateway.edge.route import (
    RouteMatch,
)
from weir.gateway.edge.steps import Steps
from weir.gateway.geography.place import PlaceOf, nowhere
from weir.gateway.routes.matching.index import RuledRoute, RuleIndex
from weir.gateway.routes.matching.pattern import PathPattern
from weir.gateway.routes.matching.template import Shape, parse_prefix
from weir.gateway.routes.table import RouteTable
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.registry import Registry


def plain_routes(
    loaded: LoadedConfig,
    facades: Sequence[Facade],
    table: RouteTable,
    registry: Registry,
    steps: Mapping[str, Steps],
    *,
    dependencies: Dependencies,
    place_of: PlaceOf = nowhere,
) -> RuleIndex | None:
    """Return the index of the routes, or None without any.

    Raise ConfigError for a route that hides a part of a façade.
    """
    config = loaded.config
    if not config.routes:
        return None
    if problems := list(_hiding(loaded, facades, table)):
        raise ConfigError(*problems)
    build = RouteBuild(loaded, registry, dependencies)
    routes = (
        RuledRoute.of(
            rule,
            RouteMatch(build.route(name, rule.name, steps[name])),
            preflights=config.routes[name].cors is not None,
            admission=admission(config.routes[name]),
        )
        for name, rule in route_rules(config, loaded.described, place_of)
    )
    mounts = [parse_prefix(each.path).shape for each in facades]
    return RuleIndex(routes, mounts, _reserved(facades, table))


def _hiding(
    loaded: LoadedConfig, facades: Sequence[Facade], table: RouteTable
) -> Iterator[Problem]:
    """Yield problems for each route without a host that hides a path of the gateway."""
    reserved = _reserved(facades, table)
    for name, rule in route_rules(loaded.config, loaded.described):
        path = ("routes", name, "path")
        if rule.hosts:
            continue
        if rule.path.shape in reserved and not rule.path.is_prefix:
            message = f'routes.{rule.name}: "{rule.path.text}" is a path of the gateway'
            yield loaded.document.problem(path, message)
        for facade in facades:
            if hidden := _hidden(rule.path, facade, table):
                message = f'{hidden} of façade "{facade.name}"'
                yield loaded.document.problem(
                    path, f"routes.{rule.name}: it hides {message}"
                )
                yield loaded.document.problem(
                    ("facades", facade.name, "path"), f"{message} is here"
                )


def _hidden(pattern: PathPattern, facade: Facade, table: RouteTable) -> str:
    """Return a path of the façade that the pattern matches, or ""."""
    mount = parse_prefix(facade.path).shape
    if not pattern.is_below(mount):
        return ""
    below = (shape for shape in table.shapes if shape[: len(mount)] == mount)
    return min(map(_shown, filter(pattern.overlaps, below)), default="")


def _shown(shape: Shape) -> str:
    return '"/' + "/".join("{}" if each is None else each for each in shape) + '"'


def _reserved(facades: Sequence[Facade], table: RouteTable) -> frozenset[Shape]:
    """Return the paths of the table that belong to no façade."""
    mounts = [parse_prefix(each.path).shape for each in facades]
    return frozenset(
        shape
        for shape in table.shapes
        if not any(shape[: len(mount)] == mount for mount in mounts)
    )
