"""The invalidation by calls that are not safe (RFC 9111 §4.4).

A successful call invalidates the responses of its target, and of the URIs in Location
and Content-Location if these have the same origin. A service must not invalidate the
responses of other services. So does a call without a response, which may have been
processed.

A mutation has the path of all queries of its service, so it invalidates the responses
to all of these. If its own response has tags, it invalidates those with these tags.
"""

from typing import Final
from urllib.parse import urljoin, urlsplit

from weir.gateway.headers import header
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse

_POINTERS: Final = (b"location", b"content-location")
_ERROR: Final = 400


def succeeded(response: UpstreamResponse) -> bool:
    """Return whether the call may have changed something."""
    return response.status < _ERROR


def outdated_paths(
    request: UpstreamRequest, response: UpstreamResponse
) -> tuple[str, ...]:
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
