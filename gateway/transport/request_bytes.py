"""A request as HTTP/1.1 sends it (RFC 9112)."""

from typing import Final

from gateway.headers import Headers
from gateway.upstreams.call import UpstreamRequest
from gateway.upstreams.errors import UpstreamRequestInvalid

_WITH_CONTENT: Final = frozenset({"POST", "PUT", "PATCH"})


def encode_request(request: UpstreamRequest, headers: Headers, authority: str) -> bytes:
    """Return the bytes of `request`, its body included.

    `headers` must not hold what frames the message (see `outgoing_headers`). Raises
    `UpstreamRequestInvalid` where a part would end its line early: that is request
    smuggling, whatever its cause.
    """
    path = request.path
    if not path.startswith("/") or " " in path or not request.method.isalpha():
        msg = f"not a request line: {request.method} {path!r}"
        raise UpstreamRequestInvalid(msg)
    start = f"{request.method} {path} HTTP/1.1\r\nhost: {authority}\r\n"
    parts = [_ascii(start)]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    lines = len(headers) + 3
    if request.body or request.method in _WITH_CONTENT:
        parts.append(b"content-length: %d\r\n" % len(request.body))
        lines += 1
    parts.append(b"\r\n")
    head = b"".join(parts)
    if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
        msg = "a line break or NUL within the request's path or fields"
        raise UpstreamRequestInvalid(msg)
    return head + request.body if request.body else head


def _ascii(text: str) -> bytes:
    try:
        return text.encode("ascii")
    except UnicodeEncodeError as error:
        msg = "a request line must be ASCII; percent-encode the rest"
        raise UpstreamRequestInvalid(msg) from error
