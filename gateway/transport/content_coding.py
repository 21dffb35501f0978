"""The decoding of responses of upstreams (RFC 9110 §8.4)."""

from weir.gateway.content_decoding import CodingError, DecodedTooLarge, decode
from weir.gateway.headers import Headers
from weir.gateway.transport.errors import UpstreamProtocolError, UpstreamReplyTooLarge


async def decode_body(
    headers: Headers, body: bytes, max_bytes: int
) -> tuple[Headers, bytes]:
    """Return fields and body without content and transfer codings.

    Raise `UpstreamReplyTooLarge`, or `UpstreamProtocolError` if a coding is unknown, if
    there are too many, or if the body is damaged.
    """
    codings: list[bytes] = []
    remaining: list[tuple[bytes, bytes]] = []
    for name, value in headers:
        if name == b"content-encoding":
            codings.append(value)
        elif name != b"transfer-encoding":
            remaining.append((name, value))
        elif value.lower() != b"chunked":
            message = f"transfer coding {value!r} is not supported"
            raise UpstreamProtocolError(message)
    if not codings or not body:
        return headers, body
    remaining = [line for line in remaining if line[0] != b"content-length"]
    try:
        decoded = await decode(b",".join(codings), body, max_bytes)
    except DecodedTooLarge as error:
        raise UpstreamReplyTooLarge(str(error)) from error
    except CodingError as error:
        raise UpstreamProtocolError(str(error)) from error
    return tuple(remaining), decoded
