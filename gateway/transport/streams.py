"""Streamed responses, independent of the HTTP version."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, Protocol

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamTimeout,
)

NO_UPGRADE: Final = "the transport of this upstream cannot switch protocols"


class Flow(Protocol):
    """One exchange on the wire."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def trailers(self) -> Headers:
        """The trailer fields, once the body has ended."""
        ...

    @property
    def in_head(self) -> bool:
        """Whether status and headers have not arrived yet."""
        ...

    def take_whole(self) -> bytes | None:
        """Return the body if all of it has arrived, without trailers, or else None."""
        ...

    def take_chunk(self) -> bytes | None:
        """Return a piece of the body, b"" at its end, or None if none has arrived."""
        ...

    async def change(self, within_s: float | None = None) -> None:
        """Wait until data has arrived; raise the error of a failed exchange.

        After `within_s`, it fails with UpstreamTimeout.
        """
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

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        """Return the connection and what was read of it, after a switch of protocol."""
        ...


class FlowStream:
    """The response of a flow, and the upload of its request.

    More than `idle_s` without data within the body, or in which no part of the upload
    can be sent, is an `UpstreamTimeout`.
    """

    def __init__(
        self,
        flow: Flow,
        idle_s: float,
        instance: str,
        body: AsyncIterable[bytes] | None,
    ) -> None:
        self._flow = flow
        self._idle_s = idle_s
        self.instance = instance
        self.status = 0
        self.headers: Headers = ()
        self.trailers: Headers = ()
        self.whole: bytes | None = None
        self._closed = False
        self._upload = None if body is None else _Upload(flow, body)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.whole:
            yield self.whole
        # The flow of a stream that is closed may belong to another exchange.
        while not self._closed:
            chunk = self._flow.take_chunk()
            if chunk is None:
                await self._flow.change(self._idle_s)
            elif chunk:
                yield chunk
            else:
                self.trailers = self._flow.trailers
                return

    async def wait_for_head(self, timeout_s: float) -> None:
        """Wait until status and headers have arrived, `timeout_s` after the upload."""
        if self._upload is not None:
            await self._wait_for_upload(self._upload)
        flow, end_s = self._flow, None
        while flow.in_head:
            now_s = asyncio.get_running_loop().time()
            end_s = now_s + timeout_s if end_s is None else end_s
            await flow.change(end_s - now_s)
        self.status, self.headers = flow.status, flow.headers
        if self._upload is None and (whole := flow.take_whole()) is not None:
            self.whole = whole
            self._closed = True
            flow.close()

    def detach(self) -> tuple[asyncio.Transport, bytes]:
        return self._flow.detach()

    def count(
        self, sent: int, received: int, frames_out: int = 0, frames_in: int = 0
    ) -> None:
        """Do nothing: the stream of an upstream around this one counts."""

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._flow.close()
        if self._upload is not None:
            self._upload.task.cancel()
            await asyncio.gather(self._upload.task, return_exceptions=True)

    async def _wait_for_upload(self, upload: "_Upload") -> None:
        """Wait for the end of the upload, or the head of an early response."""
        while self._flow.in_head and not upload.task.done():
            parts_sent = upload.parts_sent
            change = asyncio.ensure_future(self._flow.change())
            try:
                done, _ = await asyncio.wait(
                    (change, upload.task),
                    timeout=self._idle_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if change.done():
                    change.result()
            finally:
                change.cancel()
            stalls = upload.is_sending and upload.parts_sent == parts_sent
            if stalls and not done:
                late = UpstreamTimeout(f"took no data within {self._idle_s:.3f} s")
                self._flow.fail(late)
                raise late


class _Upload:
    """The task that sends a body in parts, with backpressure.

    It aborts the exchange if the body fails, which is not a failure of the service.
    `is_sending` is true while the service, and not the body, is waited for.
    """

    def __init__(self, flow: Flow, body: AsyncIterable[bytes]) -> None:
        self.parts_sent = 0
        self.is_sending = False
        self.task = asyncio.create_task(self._run(flow, body))

    async def _run(self, flow: Flow, body: AsyncIterable[bytes]) -> None:
        try:
            async for part in body:
                if part:
                    self.is_sending = True
                    await flow.send_part(part)
                    self.is_sending = False
                    self.parts_sent += 1
            self.is_sending = True
            await flow.send_end()
        except UpstreamError:
            return  # the reader of the response gets the error
        except BaseException:
            message = "the body of the request failed"
            flow.fail(UpstreamConnectionLost(message, counts_as_failure=False))
            raise
