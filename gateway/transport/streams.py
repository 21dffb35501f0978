"""Streamed responses, independent of the HTTP version."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Protocol

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamTimeout,
)


class Flow(Protocol):
    """One exchange on the wire."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def in_head(self) -> bool:
        """Whether status and headers have not arrived yet."""
        ...

    def take_chunk(self) -> bytes | None:
        """Return a piece of the body, b"" at its end, or None if none has arrived."""
        ...

    async def change(self) -> None:
        """Wait until data has arrived; raise the error of a failed exchange."""
        ...

    async def send_part(self, data: bytes) -> None:
        """Send a part of the request's body; return when the next can be sent."""
        ...

    async def send_end(self) -> None:
        """Send the end of the request's body."""
        ...

    def fail(self, error: UpstreamError) -> None:
        """Abort the exchange."""
        ...

    def close(self) -> None:
        """End the exchange, complete or not; further calls have no effect."""
        ...


class FlowStream:
    """The response of a flow, and the upload of its request.

    More than `idle_s` without data within the body is an `UpstreamTimeout`.
    """

    def __init__(
        self, flow: Flow, idle_s: float, body: AsyncIterable[bytes] | None
    ) -> None:
        self._flow = flow
        self._idle_s = idle_s
        self._upload = (
            None if body is None else asyncio.create_task(_upload(flow, body))
        )

    @property
    def status(self) -> int:
        return self._flow.status

    @property
    def headers(self) -> Headers:
        return self._flow.headers

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            chunk = self._flow.take_chunk()
            if chunk is None:
                await self._change_within(self._idle_s)
            elif chunk:
                yield chunk
            else:
                return

    async def wait_for_head(self, timeout_s: float) -> None:
        """Wait until status and headers have arrived."""
        loop = asyncio.get_running_loop()
        end_s = loop.time() + timeout_s
        while self._flow.in_head:
            await self._change_within(end_s - loop.time())

    async def aclose(self) -> None:
        self._flow.close()
        if self._upload is not None:
            self._upload.cancel()
            await asyncio.gather(self._upload, return_exceptions=True)

    async def _change_within(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._flow.change()
        except TimeoutError as error:
            late = UpstreamTimeout(f"no data within {timeout_s:.3f} s")
            self._flow.fail(late)
            raise late from error


async def _upload(flow: Flow, body: AsyncIterable[bytes]) -> None:
    """Send a body in parts, with backpressure; abort the exchange if it fails."""
    try:
        async for part in body:
            if part:
                await flow.send_part(part)
        await flow.send_end()
    except UpstreamError:
        return  # the reader of the response gets the error
    except BaseException:
        flow.fail(UpstreamConnectionLost("the body of the request failed"))
        raise
