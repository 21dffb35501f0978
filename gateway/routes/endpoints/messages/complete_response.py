"""The body of a response that is read before the response is sent."""

import asyncio
from collections.abc import Callable

from weir.gateway.content_decoding import CodingError, decode
from weir.gateway.edge.request_coding import CONTENT_ENCODING
from weir.gateway.edge.response import Response
from weir.gateway.errors import DeadlineExceeded, WeirError
from weir.gateway.headers import header
from weir.gateway.transport.reply_hold import ReplyHold


async def read_body(
    response: Response,
    limit: int,
    timeout_s: float,
    error: Callable[[str], WeirError],
    hold: ReplyHold,
) -> bytes:
    """Return the body as it was sent, and close it; `hold` counts it.

    Raise `error` above `limit` bytes, DeadlineExceeded and ReplyMemoryExceeded.
    """
    body = response.body
    if isinstance(body, bytes):
        if len(body) > limit:
            raise error(_too_long(limit))
        hold.grow(len(body))
        return body
    content = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async for part in body:
                content += part
                if len(content) > limit:
                    raise error(_too_long(limit))
                hold.grow(len(content))
    except TimeoutError as failure:
        raise DeadlineExceeded from failure
    finally:
        await body.aclose()
    return bytes(content)


async def decoded(
    response: Response,
    body: bytes,
    limit: int,
    error: Callable[[str], WeirError],
    hold: ReplyHold,
) -> bytes:
    """Return a body without its content coding, which `hold` counts beside it.

    Raise `error` and ReplyMemoryExceeded.
    """
    coding = header(response.headers, CONTENT_ENCODING)
    if coding is None:
        return body
    try:
        content = await decode(coding, body, limit)
    except CodingError as failure:
        message = f"The response cannot be decoded: {failure}."
        raise error(message) from failure
    hold.grow(len(body) + len(content))
    return content


async def close_body(response: Response) -> None:
    """Close a body that is not read."""
    if not isinstance(response.body, bytes):
        await response.body.aclose()


def _too_long(limit: int) -> str:
    return f"The response is longer than {limit} bytes."
