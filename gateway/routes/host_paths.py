"""Hosts whose requests are for the paths below one prefix.

With the prefix `/mobile` for `m.example.com`, its path `/graphql` is the path
`/mobile/graphql` of other hosts. Nothing else is served there.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.route import RouteMatch
from weir.gateway.routes.matching.hosts import host_of, patterns_of
from weir.gateway.routes.router import Router
from weir.gateway.routes.table import RouteTable


class HostPaths:
    """Routes of `table` under the prefixes of hosts, and `others` for other hosts."""

    __slots__ = ("_others", "_prefixes", "_table", "fingerprints")

    def __init__(
        self,
        prefixes: Mapping[str, str],
        table: RouteTable,
        others: RouteTable | Router,
    ) -> None:
        self._prefixes = prefixes
        self._table = table
        self._others = others
        self.fingerprints = others.fingerprints

    def route(self, head: RequestHead) -> RouteMatch:
        """Return the route of a request, or one that responds with an error."""
        if head.path[:1] == "/":
            for pattern in patterns_of(host_of(head.headers.get(b"host", b""))):
                if (prefix := self._prefixes.get(pattern)) is not None:
                    return self._table.route(replace(head, path=prefix + head.path))
        return self._others.route(head)
