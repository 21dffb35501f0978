"""The events of one call, by which we clean up what httpcore leaves if it is cancelled.

httpcore 1.0.9 does not close a connection whose TLS handshake is cancelled. Over
HTTP/2, it keeps a connection even if the cancelled call had encrypted bytes that were
not sent yet, after which the service cannot decrypt what follows.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol, cast


class _Stream(Protocol):
    """The part of httpcore's `AsyncNetworkStream` that is used here."""

    async def aclose(self) -> None: ...


class CallEvents:
    """The callback of httpcore's extension `trace` for one call.

    `http2` is true once the call has begun over HTTP/2. `cancelled` is true if it was
    cancelled in the handshake or over HTTP/2: its connection must not be used again.
    """

    __slots__ = ("_stream", "cancelled", "http2")

    def __init__(self) -> None:
        self.cancelled = False
        self.http2 = False
        self._stream: _Stream | None = None

    async def __call__(self, name: str, event: Mapping[str, object]) -> None:
        in_http2 = name.startswith("http2.")
        in_handshake = name.endswith(".start_tls.failed")
        self.http2 |= in_http2
        if name.endswith(".connect_tcp.complete"):
            self._stream = cast("_Stream", event["return_value"])
        elif (in_http2 or in_handshake) and _is_cancelled(event):
            self.cancelled = True
            if in_handshake and self._stream is not None:
                await self._stream.aclose()


def _is_cancelled(event: Mapping[str, object]) -> bool:
    return isinstance(event.get("exception"), asyncio.CancelledError)
