"""The configured rules of plain routes."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Final, NamedTuple

from weir.bffs.config.described_routes import DescribedRoutes
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.root import Config
from weir.bffs.config.model.route.backends import CohortSection
from weir.bffs.config.model.route.matching import WhenSection
from weir.bffs.config.model.route.route import RouteSection
from weir.gateway.control.routes import RouteSnapshot, SplitSnapshot
from weir.gateway.geography.place import PlaceOf, nowhere
from weir.gateway.routes.matching.conditions import Conditions, Expression
from weir.gateway.routes.matching.pattern import parse_pattern
from weir.gateway.routes.matching.rule import Rule, SegmentCondition
from weir.gateway.routes.splitting.cohort import Cohort
from weir.gateway.routes.splitting.split import Split
from weir.gateway.routes.versions.source import parse_source
from weir.gateway.routes.versions.versions import ApiVersion, ApiVersions

_ENDPOINTS: Final = ("proxy", "versions", "aggregate", "redirect", "respond")
_RE2: Final = "google-re2>=1.1"
_ADMISSION: Final = {"access", "addresses", "cors", "rate_limits"}


def admission(route: RouteSection) -> Hashable:
    """Return the rules of a route about its callers, and whether it has any data."""
    return route.model_dump_json(include=_ADMISSION), route.calls_services


class RouteRule(NamedTuple):
    """A rule, and the name of its section in `routes`."""

    section: str
    rule: Rule


def route_rules(
    config: Config, described: DescribedRoutes, place_of: PlaceOf = nowhere
) -> tuple[RouteRule, ...]:
    """Return the rules in the order of the configuration.

    `place_of` finds the places of clients, for conditions on them.
    """
    return tuple(
        RouteRule(name, rule)
        for name, route in config.routes.items()
        for rule in _rules(name, route, described, place_of)
    )


def api_versions(route: RouteSection) -> ApiVersions:
    """Return the versions of a route that has some."""
    pattern = parse_pattern(route.path)
    return ApiVersions(
        [
            ApiVersion(name, tuple(each.aliases), each.lifecycle)
            for name, each in route.versions.items()
        ],
        [parse_source(each, pattern) for each in route.version_by],
        route.default_version or "",
    )


def route_snapshots(config: Config) -> tuple[RouteSnapshot, ...]:
    """Return the routes as the control port shows them."""
    return tuple(_snapshot(name, route) for name, route in config.routes.items())


def _snapshot(name: str, route: RouteSection) -> RouteSnapshot:
    backends = route.proxy.backends if route.proxy is not None else {}
    return RouteSnapshot(
        name=name,
        path=route.path,
        hosts=tuple(route.hosts),
        methods=tuple(sorted(_methods(route))),
        conditions=(
            *(f"parameter {name}" for name in route.parameters),
            *_conditions(route.when, nowhere).names,
        ),
        endpoint=next(each for each in _ENDPOINTS if each in route.model_fields_set),
        upstreams=tuple(sorted(set(_upstreams(route)))),
        weights={label: each.weight for label, each in backends.items()},
        splits=tuple(_splits(route)),
    )


def _splits(route: RouteSection) -> Iterator[SplitSnapshot]:
    """Yield the splits of versions and cohorts."""
    for place, each in route.variants.items():
        version = str(place[-1]) if place else ""
        proxy = each.proxy
        if proxy is None:
            continue
        if version and proxy.backends:
            weights = {label: each.weight for label, each in proxy.backends.items()}
            yield SplitSnapshot(version=version, cohort="", weights=weights)
        for name, cohort in proxy.cohorts.items():
            yield SplitSnapshot(version=version, cohort=name, weights=cohort.weights)


def _upstreams(route: RouteSection) -> Iterator[str]:
    for each in route.variants.values():
        if each.proxy is not None:
            yield from each.proxy.upstreams.values()
        if each.aggregate is not None:
            yield from (part.upstream for part in each.aggregate.parts.values())


def _rules(
    name: str, route: RouteSection, described: DescribedRoutes, place_of: PlaceOf
) -> Iterator[Rule]:
    rule = Rule(
        name=name,
        path=parse_pattern(route.path),
        segments=_segments(route),
        hosts=tuple(dict.fromkeys(route.hosts)),
        methods=_methods(route),
        conditions=_conditions(route.when, place_of),
    )
    if route.openapi is None:
        yield rule
    for each in described.get(name, ()):
        methods = frozenset({each.method})
        yield replace(rule, name=each.name, path=each.path, methods=methods)


def _segments(route: RouteSection) -> tuple[SegmentCondition, ...]:
    if not route.parameters:
        return ()
    from weir.gateway.routes.matching.segment_pattern import (  # noqa: PLC0415
        segment_patterns,
    )

    return tuple(segment_patterns(parse_pattern(route.path), route.parameters))


def expression_problems(route: RouteSection) -> Iterator[tuple[DataPath, str]]:
    """Yield the place in the route and the text of a problem of its expressions."""
    if not route.parameters:
        return
    if find_spec("re2") is None:
        yield (
            ("parameters",),
            f"google-re2 is not installed; run: pip install {_RE2!r}",
        )
        return
    from weir.gateway.routes.matching.segment_pattern import (  # noqa: PLC0415
        InvalidSegmentPattern,
        segment_groups,
    )

    try:
        _segments(route)
        tuple(segment_groups(parse_pattern(route.path), route.parameters))
    except InvalidSegmentPattern as error:
        yield ("parameters", error.parameter), str(error)


def _methods(route: RouteSection) -> frozenset[str]:
    if route.aggregate is not None and not route.methods:
        return frozenset({"GET"})
    return frozenset(route.methods)


def _conditions(when: WhenSection, place_of: PlaceOf | None = None) -> Conditions:
    return Conditions(
        headers=_sorted({name.lower(): value for name, value in when.headers.items()}),
        query=_sorted(when.query),
        cookies=_sorted(when.cookies),
        expression=_expression(when.cel, place_of) if when.cel is not None else None,
    )


def condition_problems(
    when: WhenSection, *, located: bool = False
) -> Iterator[tuple[DataPath, str]]:
    """Yield the place below `when` and the text of a problem of its conditions.

    They may read the place of a client if clients are `located`.
    """
    if when.cel is None:
        return
    from weir.gateway.cel_source import InvalidExpression  # noqa: PLC0415

    try:
        _expression(when.cel, nowhere if located else None)
    except InvalidExpression as error:
        yield ("cel",), str(error)


def cohorts(sections: Mapping[str, CohortSection]) -> tuple[Cohort, ...]:
    """Return the cohorts of a split, in their order."""
    return tuple(
        Cohort(
            conditions=_conditions(each.when),
            claims=_sorted(each.when.claims),
            split=Split(each.weights),
        )
        for each in sections.values()
    )


def _expression(text: str, place_of: PlaceOf | None) -> Expression:
    # A heavy import, for those who configure it.
    from weir.gateway.routes.matching.expression import (  # noqa: PLC0415
        parse_condition,
    )

    return parse_condition(text, place_of)


def _sorted(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(fields.items()))
