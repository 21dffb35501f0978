"""The invalidation by calls that are not safe (RFC 9111 §4.4).

A successful call invalidates the responses of its target, and of the URIs in Location
and Content-Location if these have the same origin. A service must not invalidate the
responses of other services. So does a call without a response, which may have been
processed.

A mutation has the path of all queries of its service, so it invalidates the responses
to all of these. If its own response has tags, it invalidates those with these tags.
"""

from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

from weir.gateway.headers import Headers, header
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest
from weir.gateway.upstreams.middleware.cache.store import CacheStore
from weir.gateway.upstreams.middleware.cache.tags import tags_of

_POINTERS: Final = (b"location", b"content-location")
_ERROR: Final = 400


class Written(Protocol):
    """The response to a call or a stream that is not safe."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def instance(self) -> str: ...


class Invalidation:
    """The invalidation of the responses of one upstream."""

    __slots__ = ("_store", "_upstream")

    def __init__(self, store: CacheStore, upstream: str) -> None:
        self._store = store
        self._upstream = upstream

    async def ended(self, request: UpstreamRequest, response: Written) -> None:
        """Invalidate the responses that a successful request has made outdated."""
        if response.status >= _ERROR:
            return
        paths, tags = outdated_paths(request, response), tags_of(response.headers)
        await self._store.invalidate(
            self._upstream, *paths, only_get=bool(tags), tags=tags
        )

    async def failed(self, request: UpstreamRequest, error: BaseException) -> None:
        """Invalidate the responses of a request that may have been processed."""
        if not (isinstance(error, UpstreamError) and error.nothing_sent):
            await self._store.invalidate(self._upstream, request.path)


def outdated_paths(request: UpstreamRequest, response: Written) -> tuple[str, ...]:
    """Return the paths, with queries, whose responses are invalid now."""
    pointers = [header(response.headers, name) for name in _POINTERS]
    target = response.instance.rstrip("/") + request.path
    found = [_path(target, each.decode("latin-1")) for each in pointers if each]
    return tuple(dict.fromkeys((request.path, *filter(None, found))))


def _path(target: str, pointer: str) -> str:
    """Return the path of a reference, or "" if it has another origin."""
    try:
        base, named = urlsplit(target), urlsplit(urljoin(target, pointer))
    except ValueError:
        return ""
    if (named.scheme, named.netloc) != (base.scheme, base.netloc):
        return ""
    return f"{named.path}?{named.query}" if named.query else named.path
