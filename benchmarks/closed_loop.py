"""A load of connections that send the next request after each response.

Every response is verified. The load is bytes on sockets, so that it costs little.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from examples.streaming.load import Read

TIMEOUT_S = 120.0


class WrongResponse(Exception):
    """A response that differs from the response without load."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """A request, and the invariant part of every correct response."""

    request: bytes
    status_line: bytes
    body: bytes

    def is_complete(self, received: bytearray) -> bool:
        """Return whether a response is complete; raises WrongResponse if it differs."""
        if received.endswith(self.body) and received.startswith(self.status_line):
            return True
        head, _, body = received.partition(b"\r\n\r\n")
        if body and len(body) >= content_length(head):
            raise WrongResponse(bytes(head[:20]) + b" ... " + bytes(body[-300:]))
        return False


def wire(read: Read, fields: Sequence[str] = ()) -> bytes:
    """Return the bytes of `read` with more header `fields`.

    The client does not accept compression.
    """
    body = read.body.encode()
    head = [f"{read.method} {read.path} HTTP/1.1", "host: bench", *fields]
    if body:
        head += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


@dataclass
class Load:
    """The remaining requests, and the results."""

    expected: Expectation
    left: int
    latencies_s: list[float] = field(default_factory=list)


class _Connection(asyncio.Protocol):
    def __init__(self, load: Load, finished: asyncio.Future[None]) -> None:
        self._load = load
        self._finished = finished
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        if self._load.left <= 0:
            self._transport.close()
            self._finished.set_result(None)
            return
        self._load.left -= 1
        self._asked_s = time.perf_counter()
        self._transport.write(self._load.expected.request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            complete = self._load.expected.is_complete(self._received)
        except WrongResponse as wrong:
            self._finished.set_exception(wrong)
            self._transport.close()
            return
        if complete:
            self._load.latencies_s.append(time.perf_counter() - self._asked_s)
            self._received.clear()
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._finished.done():
            self._finished.set_exception(exc or ConnectionError("closed"))


async def run_load(port: int, load: Load, connections: int) -> None:
    """Run the whole load; raises WrongResponse or TimeoutError."""
    loop = asyncio.get_running_loop()
    finished = [loop.create_future() for _ in range(connections)]
    for future in finished:
        await loop.create_connection(
            partial(_Connection, load, future), "127.0.0.1", port
        )
    async with asyncio.timeout(TIMEOUT_S):
        await asyncio.gather(*finished)


async def expectation(port: int, read: Read, fields: Sequence[str] = ()) -> Expectation:
    """Send `read` once; raises ValueError if the response is not complete."""
    request = wire(read, fields)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.readexactly(content_length(head))
    writer.close()
    status_line = head.partition(b"\r\n")[0]
    if b" 200 " not in status_line or b'"errors"' in body or b'"_weir"' in body:
        message = f"{read}: {status_line.decode()} {body[-300:].decode()}"
        raise ValueError(message)
    return Expectation(request, status_line, body)


def content_length(head: bytes | bytearray) -> int:
    (length,) = (
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    return length
