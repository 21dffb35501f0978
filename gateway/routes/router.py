"""The router of a generation that has plain routes, and the table of façades.

A plain route with a host wins over the façades, which have none. Without a host, a path
of a façade belongs to the façade. All other paths have the 404 of the table.

A path that services may read as one of another route is rejected if that route has
other rules about its callers.
"""

from weir.gateway.edge.builtin import RejectingEndpoint, ambiguous_path, builtin_policy
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import Route, RouteMatch
from weir.gateway.edge.route_steps.cors import is_preflight
from weir.gateway.routes.matching.index import RuleIndex
from weir.gateway.routes.matching.lenient_path import is_ambiguous, lenient_segments
from weir.gateway.routes.matching.path import BYTES, is_malformed, segments_of
from weir.gateway.routes.other_methods import other_methods
from weir.gateway.routes.table import RouteTable


class Router:
    """The router of requests; `fingerprints` are those of all routes."""

    __slots__ = ("_index", "_table", "fingerprints")

    def __init__(self, table: RouteTable, index: RuleIndex) -> None:
        self._table = table
        self._index = index
        self.fingerprints = table.fingerprints | index.fingerprints

    def route(self, head: RequestHead) -> RouteMatch:
        """Return the route of a request, or one that responds with an error."""
        match = None
        if head.path[:1] == "/" and not is_malformed(head.path):
            match = _match(self._index, head)
        return match or self._table.route(head)


def _match(index: RuleIndex, head: RequestHead) -> RouteMatch | None:
    """Return the plain route of a request, if any."""
    segments = segments_of(head.path)
    if head.method == "OPTIONS" and is_preflight(head):
        requested = head.headers[b"access-control-request-method"].decode(BYTES)
        found, _ = index.find(head, segments, requested)
        if found is not None and found.preflights:
            return found.match
    found, others = index.find(head, segments, head.method)
    if found is not None:
        if is_ambiguous(head.path):
            other, _ = index.find(head, lenient_segments(segments), head.method)
            if other is not None and other.admission != found.admission:
                return _ambiguous(found.match.route)
        return found.match
    if others:
        served = {name for each in others for name in each.methods}
        return other_methods(head.method, served, others[0].match.route)
    return None


def _ambiguous(route: Route) -> RouteMatch:
    """Return a route that rejects a path of `route`."""
    return RouteMatch(
        Route(
            endpoint=RejectingEndpoint(ambiguous_path, route.endpoint),
            policy=builtin_policy(route.policy.client_type),
            steps=route.steps,
            template=route.template,
        )
    )
