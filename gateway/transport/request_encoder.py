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
    parts = [_start(request.method, request.path, request.authority or authority)]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    lines = len(headers) + 3
    if request.upgrade:
        parts.append(
            b"connection: upgrade\r\nupgrade: %b\r\n" % request.upgrade.encode()
        )
        lines += 2
    framing = _framing(request, streamed=streamed)
    if framing:
        parts.append(framing)
        lines += 1
    parts.append(b"\r\n")
    head = b"".join(parts)
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
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
    start = f"{method} {path} HTTP/1.1\r\nhost: {host}\r\n"
    if not start.isascii():
        message = "the request line must be ASCII; percent-encode other characters"
        raise UpstreamRequestInvalid(message)
    return start.encode()


def _framing(request: UpstreamRequest, *, streamed: bool) -> bytes:
    if streamed and request.length is None:
        return b"transfer-encoding: chunked\r\n"
    length = (request.length or 0) if streamed else len(request.body)
    if length or request.method in _WITH_CONTENT:
        return b"content-length: %d\r\n" % length
    return b""
