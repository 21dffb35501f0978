"""The router of a generation: plain routes, and the table of façades.

A plain route with a host wins over the façades, which have none. Without a host, a path
of a façade belongs to the façade. All other paths have the 404 of the table.
"""

from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import RouteMatch
from weir.gateway.edge.route_steps.cors import is_preflight
from weir.gateway.routes.matching.index import RuleIndex
from weir.gateway.routes.matching.path import BYTES, is_malformed, segments_of
from weir.gateway.routes.other_methods import other_methods
from weir.gateway.routes.table import RouteTable


class Router:
    """The router of requests; `fingerprints` are those of all routes."""

    __slots__ = ("_index", "_table", "fingerprints")

    def __init__(self, table: RouteTable, index: RuleIndex | None = None) -> None:
        self._table = table
        self._index = index
        self.fingerprints = table.fingerprints
        if index is not None:
            self.fingerprints |= index.fingerprints

    def route(self, head: RequestHead) -> RouteMatch:
        """Return the route of a request, or one that responds with an error."""
        path, method = head.path, head.method
        if self._index is None:
            return self._table.route(method, path)
        if path[:1] != "/" or is_malformed(path):
            return self._table.route(method, path)
        segments = segments_of(path)
        if is_preflight(head):
            requested = head.headers[b"access-control-request-method"].decode(BYTES)
            found, _ = self._index.find(head, segments, requested)
            if found is not None and found.preflights:
                return found.match
        found, others = self._index.find(head, segments, method)
        if found is not None:
            return found.match
        if others:
            served = {name for each in others for name in each.methods}
            return other_methods(method, served, others[0].match.route)
        return self._table.route(method, path)
