"""What of an answer this client is sent: all of it, coded, or that it has it already.

    answer -> what it varies by -> unchanged? -> coded

A 304 has to name what its 200 would have named (RFC 9110 §15.4.5), so that an answer
is known to vary before it is known to be needed.
"""

from dataclasses import replace

from weir.gateway.edge.compression import CompressionPolicy, coded, is_codable, varying
from weir.gateway.edge.exchange import ClientResponse
from weir.gateway.edge.fields import Fields
from weir.gateway.headers import header

_OK = 200
_READING = frozenset({"GET", "HEAD"})
# RFC 9110 §15.4.5: no other metadata than what guides the update of a cache.
_OF_THE_BODY = frozenset({b"content-type", b"content-language"})


async def represented(
    response: ClientResponse,
    method: str,
    fields: Fields,
    policy: CompressionPolicy | None,
) -> ClientResponse:
    """Return what is sent to the client that asked with `method` and `fields`."""
    codable = policy is not None and is_codable(response, policy)
    if codable:
        response = replace(response, headers=varying(response.headers))
    if b"if-none-match" in fields and method in _READING and response.status == _OK:
        etag = header(response.headers, b"etag")
        known = etag and matching_tag(fields[b"if-none-match"], etag)
        if known:
            return _not_modified(response, known)
    return await coded(response, fields) if codable else response


def matching_tag(if_none_match: bytes, etag: bytes) -> bytes | None:
    """Return the form of `etag` that the client has, or None where it has another.

    Tags are compared weakly (RFC 9110 §13.1.2). The client's is weak where its answer
    was compressed, and a 304 must name it as it is: a cache renews nothing for a strong
    tag that it does not have (RFC 9111 §4.3.4).
    """
    tags = [tag.strip() for tag in if_none_match.split(b",")]
    if tags == [b"*"]:
        return etag
    opaque = etag.removeprefix(b"W/")
    return next((tag for tag in tags if tag.removeprefix(b"W/") == opaque), None)


def _not_modified(response: ClientResponse, tag: bytes) -> ClientResponse:
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
