"""The decoding of responses of upstreams (RFC 9110 §8.4)."""

from typing import Final

from weir.gateway.content_decoding import CodingError, DecodedTooLarge, decode
from weir.gateway.headers import Headers, header_values
from weir.gateway.transport.errors import UpstreamProtocolError, UpstreamReplyTooLarge

_OF_THE_CODED: Final = frozenset(
    {b"content-encoding", b"content-length", b"transfer-encoding"}
)
"""The fields that do not describe the decoded body."""


async def decode_body(
    headers: Headers, body: bytes, max_bytes: int
) -> tuple[Headers, bytes]:
    """Return fields and body without content codings.

    Raise `UpstreamReplyTooLarge`, or `UpstreamProtocolError` if a coding is unknown, if
    there are too many, or if the body is damaged.
    """
    codings = header_values(headers, b"content-encoding")
    if not codings or not body:
        return headers, body
    remaining = tuple([line for line in headers if line[0] not in _OF_THE_CODED])
    try:
        decoded = await decode(b",".join(codings), body, max_bytes)
    except DecodedTooLarge as error:
        raise UpstreamReplyTooLarge(str(error)) from error
    except CodingError as error:
        raise UpstreamProtocolError(str(error)) from error
    return remaining, decoded
