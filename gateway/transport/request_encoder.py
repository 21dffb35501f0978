"""The encoding of requests in HTTP/1.1 (RFC 9112)."""

import re
from functools import lru_cache
from typing import Final

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamRequestInvalid
from weir.gateway.transport.message import UpstreamRequest

_METHOD: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A method is a token (RFC 9110 §9.1)."""
_WITH_CONTENT: Final = frozenset({"POST", "PUT", "PATCH"})
_KNOWN_STARTS: Final = 256


def encode_request(
    request: UpstreamRequest,
    headers: Headers,
    authority: str,
    *,
    streamed: bool = False,
) -> bytes:
    """Return the bytes of `request`, without its body if that is `streamed`.

    `headers` must not contain framing fields (see `outgoing_headers`). Raise
    `UpstreamRequestInvalid` if a part contains the end of its line, which would allow
    request smuggling.
    """
    lines = [
        _start(request.method, request.path, request.authority or authority),
        *map(b": ".join, headers),
    ]
    if request.upgrade:
        lines += (b"connection: upgrade", b"upgrade: " + request.upgrade.encode())
    framing = _framing(request, streamed=streamed)
    if framing:
        lines.append(framing)
    head = b"\r\n".join((*lines, b"", b""))
    # The start has a line break within.
    ends = len(lines) + 2
    if head.count(b"\n") != ends or head.count(b"\r") != ends or b"\0" in head:
        message = "a line break or NUL in the path or the header fields"
        raise UpstreamRequestInvalid(message)
    return head if streamed or not request.body else head + request.body


@lru_cache(_KNOWN_STARTS)
def _start(method: str, path: str, host: str) -> bytes:
    """Return the request line and Host, the same for all calls of an operation."""
    clean = path.startswith("/") and " " not in path and path.isprintable()
    if not (clean and _METHOD.fullmatch(method)):
        message = f"not a request line: {method} {path!r}"
        raise UpstreamRequestInvalid(message)
    start = f"{method} {path} HTTP/1.1\r\nhost: {host}"
    if not start.isascii():
        message = "the request line must be ASCII; percent-encode other characters"
        raise UpstreamRequestInvalid(message)
    return start.encode()


def _framing(request: UpstreamRequest, *, streamed: bool) -> bytes:
    if streamed and request.length is None:
        return b"transfer-encoding: chunked"
    length = (request.length or 0) if streamed else len(request.body)
    if length or request.method in _WITH_CONTENT:
        return b"content-length: %d" % length
    return b""
