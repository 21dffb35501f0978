"""A receiver of Sentry's envelopes, for what a gateway reports."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import brotli  # type: ignore[import-untyped]
import orjson


@dataclass
class SentryReceiver:
    """The events that have arrived, and all bytes of them."""

    dsn: str
    events: list[dict[str, Any]] = field(default_factory=list)
    received: bytes = b""

    def receive(self, envelope: bytes) -> None:
        self.received += envelope
        _, *items = envelope.splitlines()
        for head, payload in zip(items[::2], items[1::2], strict=True):
            assert orjson.loads(head)["type"] == "event"
            self.events.append(orjson.loads(payload))


@asynccontextmanager
async def sentry_receiver(*, responds: bool = True) -> AsyncIterator[SentryReceiver]:
    """Receive events on a free port, or accept them without any response."""
    received = SentryReceiver("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split()[0])
                body = await reader.readexactly(length)
                if b"content-encoding: gzip" in head:
                    body = gzip.decompress(body)
                elif b"content-encoding: br" in head:
                    body = brotli.decompress(body)
                received.receive(body)
                if responds:
                    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    received.dsn = f"http://public-key@127.0.0.1:{port}/17"
    try:
        yield received
    finally:
        server.close()
