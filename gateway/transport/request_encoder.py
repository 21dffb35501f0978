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
    parts = [_ascii(start)]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    lines = len(headers) + 3
    framing = _framing(request, chunked=chunked)
    if framing:
        parts.append(framing)
        lines += 1
    parts.append(b"\r\n")
    head = b"".join(parts)
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        message = "a line break or NUL in the path or the header fields"
        raise UpstreamRequestInvalid(message)
    return head if chunked or not request.body else head + request.body


def _framing(request: UpstreamRequest, *, chunked: bool) -> bytes:
    if chunked:
        return b"transfer-encoding: chunked\r\n"
    if request.body or request.method in _WITH_CONTENT:
        return b"content-length: %d\r\n" % len(request.body)
    return b""


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError as error:
        message = "the request line must be ASCII; percent-encode other characters"
        raise UpstreamRequestInvalid(message) from error
