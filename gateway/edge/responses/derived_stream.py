"""Streams that are derived from another stream."""

from collections.abc import AsyncGenerator, AsyncIterator

from weir.gateway.edge.response import ByteStream


class DerivedStream:
    """A stream of `parts`, which are made of those of `stream`; it closes both."""

    __slots__ = ("_parts", "_stream")

    def __init__(self, stream: ByteStream, parts: AsyncGenerator[bytes]) -> None:
        self._stream = stream
        self._parts = parts

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._parts

    async def aclose(self) -> None:
        try:
            await self._parts.aclose()
        finally:
            await self._stream.aclose()
