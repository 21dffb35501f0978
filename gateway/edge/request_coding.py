"""The decoding of request bodies (RFC 9110 §8.4)."""

from typing import Final

from weir.gateway.content_decoding import (
    DECODED,
    CodingError,
    DecodedTooLarge,
    UnknownCoding,
    decode,
)
from weir.gateway.errors import (
    BadRequest,
    ContentCodingNotSupported,
    PayloadTooLarge,
)

CONTENT_ENCODING: Final = b"content-encoding"


async def decoded_body(content_encoding: bytes, body: bytes, limit: int) -> bytes:
    """Return a body without its codings, of `limit` bytes at most.

    Raise `ContentCodingNotSupported`, `PayloadTooLarge`, or `BadRequest` if the body is
    not valid in its coding.
    """
    try:
        return await decode(content_encoding, body, limit)
    except UnknownCoding as error:
        message = f"The body cannot be decoded: {error}."
        raise ContentCodingNotSupported(message, DECODED) from error
    except DecodedTooLarge as error:
        raise PayloadTooLarge(limit) from error
    except CodingError as error:
        message = f"The body cannot be decoded: {error}."
        raise BadRequest(message) from error
