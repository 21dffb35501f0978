"""The encoding of requests in HTTP/1.1 (RFC 9112)."""

import re
from typing import Final

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamRequestInvalid
from weir.gateway.transport.message import UpstreamRequest

_METHOD: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""A method is a token (RFC 9110 §9.1)."""
_WITH_CONTENT: Final = frozenset({"POST", "PUT", "PATCH"})


def encode_request(
    request: UpstreamRequest, headers: Headers, authority: str, *, chunked: bool = False
) -> bytes:
    """Return the bytes of `request`, without its body if that is sent in chunks.

    `headers` must not contain framing fields (see `outgoing_headers`). Raise
    `UpstreamRequestInvalid` if a part contains the end of its line, which would allow
    request smuggling.
    """
    path = request.path
    clean = path.startswith("/") and " " not in path and path.isprintable()
    if not (clean and _METHOD.fullmatch(request.method)):
        message = f"not a request line: {request.method} {path!r}"
        raise UpstreamRequestInvalid(message)
    start = f"{request.method} {path} HTTP/1.1\r\nhost: {authority}\r\n"
    if not start.isascii():
        message = "the request line must be ASCII; percent-encode other characters"
        raise UpstreamRequestInvalid(message)
    parts = [start.encode()]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    lines = len(headers) + 3
    if chunked:
        parts.append(b"transfer-encoding: chunked\r\n")
        lines += 1
    elif request.body or request.method in _WITH_CONTENT:
        parts.append(b"content-length: %d\r\n" % len(request.body))
        lines += 1
    parts.append(b"\r\n")
    head = b"".join(parts)
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        message = "a line break or NUL in the path or the header fields"
        raise UpstreamRequestInvalid(message)
    return head if chunked or not request.body else head + request.body
