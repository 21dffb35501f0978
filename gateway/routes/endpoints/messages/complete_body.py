"""The body of a request that is complete, in place of the one that has arrived."""

from collections.abc import AsyncIterator

from weir.gateway.edge.request import RequestBody
from weir.gateway.errors import PayloadTooLarge
from weir.gateway.headers import Headers


class CompleteBody:
    """A body of known bytes; memory counts for `arrived`, the body of the client."""

    __slots__ = ("_arrived", "_content")

    complete = True

    def __init__(self, content: bytes, arrived: RequestBody) -> None:
        self._content = content
        self._arrived = arrived

    @property
    def received(self) -> int:
        return len(self._content)

    @property
    def trailers(self) -> Headers:
        return ()

    async def read(self, limit: int) -> bytes:
        if len(self._content) > limit:
            raise PayloadTooLarge(limit)
        return self._content

    def hold(self, size: int) -> None:
        self._arrived.hold(size)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
