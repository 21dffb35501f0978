"""API keys in a query parameter, which are removed from it before any other use.

Browsers send the URL of a page in the requests for its parts, as `Referer`, and some
proxies the URL that they have rewritten. So keys are removed from these header fields
as well, and are not used.
"""

from typing import Final
from urllib.parse import unquote_plus, unquote_to_bytes

from msgspec.structs import replace

from weir.gateway.edge.header_map import header_map
from weir.gateway.edge.request import RequestHead

_BYTES: Final = "latin-1"
_URLS: Final = frozenset(
    {
        b"referer",
        b"x-envoy-original-path",
        b"x-original-uri",
        b"x-original-url",
        b"x-rewrite-url",
    }
)
"""The header fields with URLs of the gateway."""


class QueryKeys:
    """The removal of the values of one parameter from queries.

    Logs, routes, caches and services get the query of a request, which has no key.
    """

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def removed(self, head: RequestHead) -> RequestHead:
        """Return a head with the keys in `query_keys`, and nowhere else."""
        query, keys = self._parted(head.query)
        if keys:
            head = replace(head, query=query, query_keys=keys)
        if _URLS.isdisjoint(head.headers):
            return head
        lines = tuple(
            (name, self._without_key(value) if name in _URLS else value)
            for name, value in head.lines
        )
        return replace(head, lines=lines, headers=header_map(lines))

    def _without_key(self, url: bytes) -> bytes:
        path, mark, query = url.decode(_BYTES).partition("?")
        query, _ = self._parted(query)
        return f"{path}{mark}{query}".encode(_BYTES)

    def _parted(self, query: str) -> tuple[str, tuple[bytes, ...]]:
        """Return the query without keys, and the keys."""
        # An encoded name is the same parameter.
        if not query or (self._name not in query and "%" not in query):
            return query, ()
        others: list[str] = []
        keys: list[bytes] = []
        for pair in query.split("&"):
            name, _, value = pair.partition("=")
            if unquote_plus(name) == self._name:
                keys.append(unquote_to_bytes(value.replace("+", " ").encode(_BYTES)))
            else:
                others.append(pair)
        return "&".join(others), tuple(keys)
