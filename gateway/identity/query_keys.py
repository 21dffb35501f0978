"""API keys in a query parameter, which are removed from it before any other use."""

from urllib.parse import unquote_plus, unquote_to_bytes

from msgspec.structs import replace

from weir.gateway.edge.request import RequestHead


class QueryKeys:
    """The removal of the values of one parameter from queries.

    Logs, routes, caches and services get the query of a request, which has no key.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def removed(self, head: RequestHead) -> RequestHead:
        """Return a head with the values in `query_keys`, and not in `query`."""
        query = head.query
        # An encoded name is the same parameter.
        if not query or (self._name not in query and "%" not in query):
            return head
        others: list[str] = []
        keys: list[bytes] = []
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            if unquote_plus(name) == self._name:
                keys.append(unquote_to_bytes(value.replace("+", " ")))
            else:
                others.append(pair)
        if not keys:
            return head
        return replace(head, query="&".join(others), query_keys=tuple(keys))
