"""What of a response a client is sent: all of it, compressed, or that it has it.

    response -> what it varies by -> unchanged? -> coded

A 304 has to name what its 200 would have named (RFC 9110 §15.4.5). So it is
known that a response varies before it is known that it is needed.
"""

from dataclasses import replace

from weir.gateway.edge.compression import (
    Coding,
    CompressionPolicy,
    is_codable,
    preferred_coding,
    varying,
)
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.headers import header

_OK = 200
_READING = frozenset({"GET", "HEAD"})
# RFC 9110 §15.4.5: no other metadata than what guides the update of a cache.
_OF_THE_BODY = frozenset({b"content-type", b"content-language"})


def finalize(
    response: Response, head: RequestHead, policy: CompressionPolicy | None
) -> tuple[Response, Coding | None]:
    """Return what to send, and the coding that is left to apply to it.

    A stream that is not sent is the caller's to close.
    """
    codable = policy is not None and is_codable(response, policy)
    if codable:
        response = replace(response, headers=varying(response.headers))
    fields = head.headers
    if (
        b"if-none-match" in fields
        and head.method in _READING
        and response.status == _OK
    ):
        etag = header(response.headers, b"etag")
        known = etag and matching_tag(fields[b"if-none-match"], etag)
        if known:
            return _not_modified(response, known), None
    if not codable:
        return response, None
    return response, preferred_coding(fields.get(b"accept-encoding", b""))


def matching_tag(if_none_match: bytes, etag: bytes) -> bytes | None:
    """Return the form of `etag` that the client has, or None where it has another.

    Tags are compared weakly (RFC 9110 §13.1.2). The client's is weak where its
    response was compressed, and a 304 must name it as it is: a cache renews nothing for
    a strong tag that it does not have (RFC 9111 §4.3.4).
    """
    tags = [tag.strip() for tag in if_none_match.split(b",")]
    if tags == [b"*"]:
        return etag
    opaque = etag.removeprefix(b"W/")
    return next((tag for tag in tags if tag.removeprefix(b"W/") == opaque), None)


def _not_modified(response: Response, tag: bytes) -> Response:
    return replace(
        response,
        status=304,
        headers=tuple(
            (name, tag if name == b"etag" else value)
            for name, value in response.headers
            if name not in _OF_THE_BODY
        ),
        body=b"",
    )
