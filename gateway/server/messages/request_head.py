"""From the parts of a head to the request that the edge gets."""

from typing import NamedTuple, TypeAlias

from weir.gateway.edge.header_map import HeaderMap, header_map
from weir.gateway.edge.methods import KNOWN_METHODS
from weir.gateway.edge.request import RequestHead
from weir.gateway.errors import (
    BadRequest,
    CodingNotImplemented,
    HttpVersionNotSupported,
    MethodNotImplemented,
)
from weir.gateway.headers import Headers
from weir.gateway.server.messages.request_target import parse_target

_METHODS = {name.encode(): name for name in KNOWN_METHODS}
_VERSIONS = frozenset({"1.1", "1.0"})
_FORWARDED_CERTIFICATE = b"x-forwarded-client-cert"


class Source(NamedTuple):
    """The connection that a request came by; `peer` is the client's address or "".

    `certificate` is the verified certificate of the client, in PEM, or "".
    """

    scheme: str
    peer: str
    certificate: str = ""


StartLine: TypeAlias = tuple[bytes, bytes, str]
"""A method, a target and a version (RFC 9112 §3), as llhttp has read them."""


def request_head(
    start_line: StartLine, lines: Headers, source: Source, now_s: float
) -> RequestHead:
    """Build the head of a request whose syntax is right.

    Raise MethodNotImplemented, HttpVersionNotSupported, and BadRequest for a target
    and for repeated fields.
    """
    name, target, version = start_line
    method = _METHODS.get(name)
    if method is None:
        raise MethodNotImplemented(not_implemented(name))
    if version not in _VERSIONS:
        raise HttpVersionNotSupported
    path, query, host = parse_target(target, method)
    headers = header_map(lines)
    if host:
        lines = _addressed_to(host, lines, headers, version)
        headers = header_map(lines)
    forwarded_certificate = headers.get(_FORWARDED_CERTIFICATE)
    if forwarded_certificate is not None:
        lines = tuple([each for each in lines if each[0] != _FORWARDED_CERTIFICATE])
        headers = header_map(lines)
    return RequestHead(
        method=method,
        path=path,
        query=query,
        http_version=version,
        headers=headers,
        lines=lines,
        scheme=source.scheme,
        peer=source.peer,
        arrived_s=now_s,
        certificate=source.certificate,
        forwarded_certificate=forwarded_certificate or b"",
    )


def body_length(head: RequestHead) -> int | None:
    """Return the declared length of the body, 0 for none, None if it is chunked.

    Raise CodingNotImplemented, and BadRequest for a coding in HTTP/1.0 (RFC 9112
    §6.1).
    """
    coding = head.headers.get(b"transfer-encoding")
    if coding is None:
        return int(head.headers.get(b"content-length", b"0"))
    if head.http_version == "1.0":
        detail = "HTTP/1.0 has no Transfer-Encoding."
        raise BadRequest(detail)
    if coding.lower() != b"chunked":
        raise CodingNotImplemented
    return None


def not_implemented(method: bytes) -> str:
    """Return the sentence that rejects an unknown method."""
    return f"The gateway does not know the method {method.decode('latin-1')!r}."


def _addressed_to(
    host: bytes, lines: Headers, headers: HeaderMap, version: str
) -> Headers:
    """Replace Host by the authority of an absolute-form target (RFC 9112 §3.2.2)."""
    if b"host" not in headers and version == "1.1":
        detail = "The Host header is missing."
        raise BadRequest(detail)
    others = tuple(line for line in lines if line[0] != b"host")
    return ((b"host", host), *others)
