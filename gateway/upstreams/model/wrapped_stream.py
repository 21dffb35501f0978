"""Streams around another stream."""

import asyncio
from collections.abc import AsyncIterator, Callable

from weir.gateway.headers import Headers
from weir.gateway.transport.transport import ResponseStream


class WrappedStream:
    """A stream with all properties of `stream`."""

    def __init__(self, stream: ResponseStream) -> None:
        self._stream = stream

    @property
    def status(self) -> int:
        return self._stream.status

    @property
    def headers(self) -> Headers:
        return self._stream.headers

    @property
    def trailers(self) -> Headers:
        return self._stream.trailers

    @property
    def instance(self) -> str:
        return self._stream.instance

    @property
    def whole(self) -> bytes | None:
        return self._stream.whole

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        return self._stream.detach()

    def count(
        self, sent: int, received: int, frames_out: int = 0, frames_in: int = 0
    ) -> None:
        self._stream.count(sent, received, frames_out, frames_in)

    async def aclose(self) -> None:
        await self._stream.aclose()


class HeldStream(WrappedStream):
    """A stream that calls `release`, once, when it is closed."""

    def __init__(self, stream: ResponseStream, release: Callable[[], None]) -> None:
        super().__init__(stream)
        self._release: Callable[[], None] | None = release

    async def aclose(self) -> None:
        try:
            await super().aclose()
        finally:
            release, self._release = self._release, None
            if release is not None:
                release()
