"""An answer that is taken in pieces, by whichever protocol it comes."""

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
        """True until status and headers are there."""
        ...

    def take_chunk(self) -> bytes | None:
        """Return a piece of the body, empty at its end, None if none has arrived."""
        ...

    async def change(self) -> None:
        """Return when something has arrived; raises what broke the exchange."""
        ...

    async def send_part(self, data: bytes) -> None:
        """Send more of the request's body; return when more can be taken."""
        ...

    async def send_end(self) -> None:
        """End the request's body."""
        ...

    def fail(self, error: UpstreamError) -> None:
        """Break the exchange off."""
        ...

    def close(self) -> None:
        """End the exchange, complete or not; may be called again."""
        ...


class AnswerStream:
    """The answer of a flow, and the upload that goes with it.

    A silence of more than `idle_s` within the body is an `UpstreamTimeout`.
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
        """Return once status and headers are there."""
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
            late = UpstreamTimeout(f"nothing came within {timeout_s:.3f} s")
            self._flow.fail(late)
            raise late from error


async def _upload(flow: Flow, body: AsyncIterable[bytes]) -> None:
    """Send a body in parts as fast as it is taken; its failure breaks the exchange."""
    try:
        async for part in body:
            if part:
                await flow.send_part(part)
        await flow.send_end()
    except UpstreamError:
        return  # whoever reads the answer is told
    except BaseException:
        flow.fail(UpstreamConnectionLost("the request's body broke off"))
        raise
