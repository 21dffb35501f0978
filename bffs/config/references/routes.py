"""Plain routes: their upstreams, their rules, and routes that no request reaches."""

from collections.abc import Iterator

from weir.bffs.config.described_routes import DescribedRoutes
from weir.bffs.config.document import ConfigDocument
from weir.bffs.config.errors import Problem
from weir.bffs.config.model.identity import IdentitySection
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.proxy import ProxySection
from weir.bffs.config.model.route.route import RouteSection
from weir.bffs.config.policies.aggregation import aggregation_problems
from weir.bffs.config.policies.rewrites import rewrite_problems
from weir.bffs.config.policies.routes import (
    condition_problems,
    expression_problems,
    route_rules,
)
from weir.bffs.config.policies.transformation import transformation_problems
from weir.bffs.config.policies.validation import validation_problems
from weir.bffs.config.references.callers import missing_credentials
from weir.bffs.config.references.upstreams import unknown_upstream
from weir.bffs.config.unknown_name import unknown
from weir.gateway.edge.route import NO_CLIENT
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.reachability import unreachable


def route_problems(
    document: ConfigDocument, config: Config, described: DescribedRoutes
) -> Iterator[Problem]:
    """Yield the problems of routes, and of routes that no request reaches."""
    conditions = list(_conditions(document, config))
    yield from conditions
    for name, route in config.routes.items():
        if route.client_type in (NO_CLIENT, *config.facades):
            place = ("routes", name, "client_type")
            message = (
                f"{'.'.join(place)}: {route.client_type!r} is the type of other"
                " clients: those of a façade, or those without a type"
            )
            yield document.problem(place, message)
        for variant, section in route.variants.items():
            yield from _of_one(document, config, ("routes", name, *variant), section)
    if not conditions:
        yield from _targets(document, config)
        yield from _unreachable(document, config, described)


def _targets(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    for name, route in config.routes.items():
        for variant, section in route.variants.items():
            for path, message in rewrite_problems(section):
                place = ("routes", name, *variant, *path)
                yield document.problem(place, f"{'.'.join(map(str, place))}: {message}")


def _conditions(document: ConfigDocument, config: Config) -> Iterator[Problem]:
    for name, route in config.routes.items():
        problems = condition_problems(route.when, located=bool(config.geo))
        for path, message in (
            *_unknown_parameters(route),
            *expression_problems(route),
            *((("when", *place), text) for place, text in problems),
        ):
            place = ("routes", name, *path)
            yield document.problem(place, f"{'.'.join(map(str, place))}: {message}")


def _unknown_parameters(route: RouteSection) -> Iterator[tuple[DataPath, str]]:
    known = parse_pattern(route.path).parameters
    for name in route.parameters:
        if name not in known:
            yield ("parameters", name), unknown("parameter", name, known)


def _unreachable(
    document: ConfigDocument, config: Config, described: DescribedRoutes
) -> Iterator[Problem]:
    operations = {each.name: each for found in described.values() for each in found}

    def problem(rule: str, message: str) -> Problem:
        if rule in operations:
            return operations[rule].problem(f"routes.{rule}: {message}")
        return document.problem(("routes", rule), f"routes.{rule}: {message}")

    rules = [each.rule for each in route_rules(config, described)]
    for found in unreachable(rules):
        rule, by, part = found.rule.name, found.by.name, found.part
        requests = f"all requests with {part}" if part else "all its requests"
        yield problem(rule, f"{requests} go to the route {by!r}")
        yield problem(by, f"{requests.replace('its', 'those')} of {rule!r} go here")


def _of_one(
    document: ConfigDocument, config: Config, place: DataPath, route: RouteSection
) -> Iterator[Problem]:
    """Yield the problems of a route, or of one of its versions, at `place`."""
    if route.proxy is not None:
        at = (*place, "proxy")
        yield from _of_proxy(document, config, at, route.proxy)
    if route.aggregate is not None:
        for part, section in route.aggregate.parts.items():
            at = (*place, "aggregate", "parts", part)
            yield from unknown_upstream(document, config, at, section.upstream)
    for path, message in (
        *aggregation_problems(route),
        *transformation_problems(route),
        *validation_problems(route),
    ):
        at = (*place, *path)
        yield document.problem(at, f"{'.'.join(map(str, at))}: {message}")


def _of_proxy(
    document: ConfigDocument, config: Config, place: DataPath, proxy: ProxySection
) -> Iterator[Problem]:
    for path, message in (
        *_of_cohorts(proxy, config),
        *_of_cache(proxy, config),
        *_of_upgrades(proxy, config),
    ):
        at = (*place, *path)
        yield document.problem(at, f"{'.'.join(map(str, at))}: {message}")
    for path, upstream in proxy.upstreams.items():
        yield from unknown_upstream(document, config, (*place, *path), upstream)


def _of_cache(proxy: ProxySection, config: Config) -> Iterator[tuple[DataPath, str]]:
    for name in proxy.cached:
        upstream = config.upstreams.get(name)
        if upstream is not None and upstream.cache is None:
            yield ("cache",), f"it has no effect, as the upstream {name} has no `cache`"


def _of_upgrades(proxy: ProxySection, config: Config) -> Iterator[tuple[DataPath, str]]:
    for name in proxy.switching:
        upstream = config.upstreams.get(name)
        if upstream is not None and upstream.transport != "http1":
            place = "upgrades" if proxy.websocket is None else "websocket"
            message = (
                f"the upstream {name} has `transport: {upstream.transport}`, and only"
                " http1 can switch protocols"
            )
            yield (place,), message


def _of_cohorts(proxy: ProxySection, config: Config) -> Iterator[tuple[DataPath, str]]:
    """Yield the place and the text of each problem of a cohort, and of `sticky`."""
    identity = config.identity or IdentitySection()
    for part in proxy.sticky:
        if needed := missing_credentials(part, config.identity):
            yield ("sticky",), f"`{part}` {needed}"
    for name, cohort in proxy.cohorts.items():
        for path, message in condition_problems(cohort.when):
            yield ("cohorts", name, "when", *path), message
        if cohort.when.claims and not identity.accepts_credentials:
            message = "needs credentials; configure `identity`"
            yield ("cohorts", name, "when", "claims"), message
