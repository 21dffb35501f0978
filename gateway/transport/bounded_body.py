"""The bodies of small documents that httpx receives, bounded before they are decoded.

httpx decodes each part of a body as a whole, and a part of 64 KiB can decode to
gigabytes. So the body is read as it is, and decoded by the bounded decoder.
"""

from typing import TYPE_CHECKING

from weir.gateway.content_decoding import DecodedTooLarge, decode

if TYPE_CHECKING:
    import httpx


async def read_body(response: "httpx.Response", max_bytes: int) -> bytes:
    """Return the decoded body of a streamed response; raise a CodingError."""
    content = bytearray()
    async for part in response.aiter_raw():
        content += part
        if len(content) > max_bytes:
            message = f"larger than {max_bytes} bytes"
            raise DecodedTooLarge(message)
    coding = response.headers.get("content-encoding", "").encode()
    return await decode(coding, bytes(content), max_bytes)
