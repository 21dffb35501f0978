"""The memory for responses that their clients have not read yet.

A response above 16 KiB counts until its client has read it. If the memory is full, an
error is sent instead. No response is cut off because its client is slow.

A stream counts with the one piece that waits for its reader. As its length is not
known, it begins if there is memory for a large piece.
"""

from collections.abc import AsyncGenerator
from typing import Final

from msgspec.structs import replace

from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.edge.response import ByteStream, Response
from weir.gateway.edge.responses.derived_stream import DerivedStream
from weir.gateway.errors import GatewayOverloaded

SMALL_BYTES: Final = 16 * 1024
_PIECE_BYTES: Final = 256 * 1024
_MESSAGE: Final = "Responses that clients have not read fill the memory for responses."


class UnreadResponse:
    """A response to one client, counted in `memory` until `release`.

    Raise GatewayOverloaded if there is no memory for it.
    """

    __slots__ = ("_client", "_memory", "_size", "response")

    def __init__(self, memory: ClientMemory, client: str, response: Response) -> None:
        self._memory = memory
        self._client = client
        self._size = 0
        self.response = response
        body = response.body
        if not isinstance(body, bytes):
            if not memory.fits(client, _PIECE_BYTES):
                raise GatewayOverloaded(_MESSAGE)
            counted = DerivedStream(body, self._pieces(body))
            self.response = replace(response, body=counted)
        elif memory.take(client, len(body)):
            self._size = len(body)
        else:
            raise GatewayOverloaded(_MESSAGE)

    def release(self) -> None:
        """Give back the memory."""
        if self._size:
            self._memory.release(self._client, self._size)
            self._size = 0

    async def _pieces(self, stream: ByteStream) -> AsyncGenerator[bytes]:
        async for piece in stream:
            if len(piece) > SMALL_BYTES:
                self._size = len(piece)
                self._memory.add(self._client, self._size)
            yield piece
            self.release()
