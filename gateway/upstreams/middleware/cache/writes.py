"""What a call that changes something makes invalid (RFC 9111 section 4.4).

What GET of its target answered, and of the URIs in Location and Content-Location if
they are of the same origin: a service must not have answers of others forgotten.
"""

from typing import Final
from urllib.parse import urljoin, urlsplit

from weir.gateway.headers import header
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse

_POINTERS: Final = (b"location", b"content-location")
_ERROR: Final = 400


def succeeded(response: UpstreamResponse) -> bool:
    """Say whether something may have changed."""
    return response.status < _ERROR


def outdated_paths(
    request: UpstreamRequest, response: UpstreamResponse
) -> tuple[str, ...]:
    """Return the paths, with queries, whose answers are not to be given any more."""
    pointers = [header(response.headers, name) for name in _POINTERS]
    target = response.instance.rstrip("/") + request.path
    found = [_path(target, each.decode("latin-1")) for each in pointers if each]
    return tuple(dict.fromkeys((request.path, *filter(None, found))))


def _path(target: str, pointer: str) -> str:
    """Return the path that a reference means; empty where it is of another origin."""
    try:
        base, named = urlsplit(target), urlsplit(urljoin(target, pointer))
    except ValueError:
        return ""
    if (named.scheme, named.netloc) != (base.scheme, base.netloc):
        return ""
    return f"{named.path}?{named.query}" if named.query else named.path
