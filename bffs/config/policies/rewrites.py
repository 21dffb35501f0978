"""The rewriting of the paths of plain routes, by templates and named groups."""

from collections.abc import Iterator

from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.route.redirect import split_url
from weir.bffs.config.model.route.route import RouteSection
from weir.gateway.routes.matching.pattern import PathPattern, parse_pattern
from weir.gateway.routes.matching.template import InvalidTemplate
from weir.gateway.routes.rewrite import Groups, PathRewrite


def path_rewrite(route: RouteSection, target: PathPattern) -> PathRewrite:
    """Return the rewriting of the paths of a route; raise InvalidTemplate.

    The expressions of the route are valid.
    """
    pattern = parse_pattern(route.path)
    return PathRewrite(pattern, target, _groups(route, pattern))


def rewrite_problems(route: RouteSection) -> Iterator[tuple[DataPath, str]]:
    """Yield the place in the route and the text of a problem of a target."""
    for place, target in _targets(route):
        try:
            path_rewrite(route, target)
        except InvalidTemplate as error:
            yield place, str(error)


def _targets(route: RouteSection) -> Iterator[tuple[DataPath, PathPattern]]:
    if route.proxy is not None and route.proxy.path is not None:
        yield ("proxy", "path"), parse_pattern(route.proxy.path)
    if route.redirect is not None:
        yield ("redirect", "to"), split_url(route.redirect.to).path


def _groups(route: RouteSection, pattern: PathPattern) -> tuple[Groups, ...]:
    if not route.parameters:
        return ()
    from weir.gateway.routes.matching.segment_pattern import (  # noqa: PLC0415
        segment_groups,
    )

    return tuple(segment_groups(pattern, route.parameters))
