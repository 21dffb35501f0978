"""The body of a response that is read before the response is sent."""

import asyncio
from collections.abc import Callable

from weir.gateway.content_decoding import CodingError, decode
from weir.gateway.edge.request_coding import CONTENT_ENCODING
from weir.gateway.edge.response import ByteStream, Response
from weir.gateway.errors import DeadlineExceeded, WeirError
from weir.gateway.headers import header


async def read_body(
    response: Response,
    limit: int,
    timeout_s: float,
    error: Callable[[str], WeirError],
) -> bytes:
    """Return the body as it was sent, and close it.

    Raise `error` above `limit` bytes, and DeadlineExceeded.
    """
    body = response.body
    if isinstance(body, bytes):
        if len(body) > limit:
            raise error(_too_long(limit))
        return body
    return await _read(body, limit, timeout_s, error)


async def decoded(
    response: Response, body: bytes, limit: int, error: Callable[[str], WeirError]
) -> bytes:
    """Return a body without its content coding; raise `error`."""
    coding = header(response.headers, CONTENT_ENCODING)
    try:
        return body if coding is None else await decode(coding, body, limit)
    except CodingError as failure:
        message = f"The response cannot be decoded: {failure}."
        raise error(message) from failure


async def close_body(response: Response) -> None:
    """Close a body that is not read."""
    if not isinstance(response.body, bytes):
        await response.body.aclose()


async def _read(
    stream: ByteStream, limit: int, timeout_s: float, error: Callable[[str], WeirError]
) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for part in stream:
                content += part
                if len(content) > limit:
                    raise error(_too_long(limit))
    except TimeoutError as failure:
        raise DeadlineExceeded from failure
    finally:
        await stream.aclose()
    return bytes(content)


def _too_long(limit: int) -> str:
    return f"The response is longer than {limit} bytes."
