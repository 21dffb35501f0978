"""The body of a client on its way to a service."""

from collections.abc import AsyncIterator

from weir.gateway.edge.exchange import ClientLeft
from weir.gateway.edge.request import RequestBody
from weir.gateway.errors import PayloadTooLarge, WeirError


class Upload:
    """A body in parts, of at most `limit` bytes.

    `error` is that of the client, if the body has failed: it is not one of the service.
    """

    __slots__ = ("_body", "_limit", "error")

    def __init__(self, body: RequestBody, limit: int) -> None:
        self._body = body
        self._limit = limit
        self.error: WeirError | ClientLeft | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for part in self._body:
                size += len(part)
                if size > self._limit:
                    raise PayloadTooLarge(self._limit)
                yield part
        except (WeirError, ClientLeft) as error:
            self.error = error
            raise
