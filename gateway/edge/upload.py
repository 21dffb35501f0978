"""The request's body as it arrives: bounded, and left alone where it is refused."""

import asyncio
import sys

from weir.gateway.edge.asgi import Receive
from weir.gateway.edge.fields import Fields
from weir.gateway.edge.interruption import ClientLeft
from weir.gateway.errors import BadRequest, PayloadTooLarge

# After a refusal, what is still on its way is read and dropped for this long, so that
# the client gets to read the answer: closing a socket with unread bytes resets it, and
# the reset overtakes the answer (RFC 9112 §9.6).
_LINGER_S = 1.0
_LINGER_BYTES = 4 * 1024 * 1024
_MAX_DIGITS = 18


class Upload:
    """The body of one request; `received` counts its bytes so far."""

    __slots__ = ("_fields", "_receive", "complete", "received")

    def __init__(self, receive: Receive, fields: Fields) -> None:
        self._receive = receive
        self._fields = fields
        # RFC 9112 §6.3: a request with neither field has no body.
        self.complete = not (
            b"content-length" in fields or b"transfer-encoding" in fields
        )
        self.received = 0

    async def read(self, limit: int) -> bytes:
        """Return the whole body; raises PayloadTooLarge without reading further."""
        if _declared_bytes(self._fields) > limit:
            raise PayloadTooLarge(limit)
        chunks: list[bytes] = []
        while not self.complete and self.received <= limit:
            chunks.append(await self._next())
        if self.received > limit:
            raise PayloadTooLarge(limit)
        return b"".join(chunks)

    async def discard(self) -> None:
        """Drop what the client still sends, within bounds."""
        bound = self.received + _LINGER_BYTES
        try:
            async with asyncio.timeout(_LINGER_S):
                while not self.complete and self.received < bound:
                    await self._next()
        except (TimeoutError, ClientLeft):
            return

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        body: bytes = message.get("body", b"")
        self.received += len(body)
        self.complete = not message.get("more_body", False)
        return body


def _declared_bytes(fields: Fields) -> int:
    value = fields.get(b"content-length")
    if value is None:
        return 0
    if not value.isdigit():
        detail = "Content-Length is not a number."
        raise BadRequest(detail)
    # Python reads no number of more than 4,300 digits.
    return int(value) if len(value) <= _MAX_DIGITS else sys.maxsize
