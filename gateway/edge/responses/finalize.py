"""The form in which a response is sent: in full, compressed, or as a 304.

    response -> Vary -> unchanged? -> content coding

A 304 has the same Vary field as its 200 (RFC 9110 §15.4.5). So Vary is added
before the client's tag is compared.
"""

from msgspec.structs import replace

from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.edge.responses.compression import (
    Coding,
    CompressionPolicy,
    is_codable,
    preferred_coding,
    varying,
)
from weir.gateway.headers import header

_OK = 200
_READING = frozenset({"GET", "HEAD"})
# RFC 9110 §15.4.5: a 304 has no metadata except for the update of a cache.
_OF_THE_BODY = frozenset({b"content-type", b"content-language"})


def finalize(
    response: Response, head: RequestHead, policy: CompressionPolicy | None
) -> tuple[Response, Coding | None]:
    """Return the response to send, and the content coding to apply to it.

    The caller must close a stream that is not sent.
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
    """Return the client's form of `etag`, or None if the client does not have it.

    The comparison is weak (RFC 9110 §13.1.2). The client's tag is weak if its response
    was compressed. A 304 must repeat that form, as a cache updates nothing for a strong
    tag that it has not stored (RFC 9111 §4.3.4).
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
