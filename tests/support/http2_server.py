"""An HTTP/2 peer whose every frame a test can decide about."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame

from weir.gateway.headers import Headers
from weir.gateway.transport.http2.frames import FrameCutter, frame_type

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
RST_STREAM = 3


@dataclass
class ServedStream:
    """One request, and how it is answered."""

    peer: "ServedConnection"
    id: int
    headers: Headers
    parts: "asyncio.Queue[bytes]" = field(default_factory=asyncio.Queue)
    was_reset: asyncio.Event = field(default_factory=asyncio.Event)
    window: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = 0

    @property
    def method(self) -> str:
        return dict(self.headers)[b":method"].decode()

    @property
    def path(self) -> str:
        return dict(self.headers)[b":path"].decode()

    async def body(self) -> bytes:
        return b"".join([part async for part in self])

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await self.parts.get():
            yield part

    def head(self, status: int, *lines: tuple[bytes, bytes], end: bool = False) -> None:
        fields = [(b":status", b"%d" % status), *lines]
        self.peer.h2.send_headers(self.id, fields, end_stream=end)
        self.peer.flush()

    async def send(self, data: bytes, *, end: bool = False) -> None:
        """Send as the client's windows allow."""
        at = 0
        while at < len(data):
            room = self.peer.h2.local_flow_control_window(self.id)
            room = min(room, self.peer.h2.max_outbound_frame_size)
            if room <= 0:
                self.window.clear()
                await self.window.wait()
                continue
            part = data[at : at + room]
            at += len(part)
            done = end and at >= len(data)
            self.peer.h2.send_data(self.id, part, end_stream=done)
            self.sent += len(part)
            self.peer.flush()
            await self.peer.writable.wait()

    async def answer(
        self, body: bytes = b"", status: int = 200, *lines: tuple[bytes, bytes]
    ) -> None:
        self.head(status, *lines, end=not body)
        await self.send(body, end=True)

    def end(self) -> None:
        self.peer.h2.end_stream(self.id)
        self.peer.flush()

    def reset(self, code: ErrorCodes) -> None:
        self.peer.h2.reset_stream(self.id, code)
        self.peer.flush()


Handler = Callable[[ServedStream], Awaitable[None]]


@dataclass
class Http2Server:
    """Answers each request by its handler; keeps what it was asked."""

    handler: Handler
    settings: dict[SettingCodes, int] = field(default_factory=dict)
    streams: list[ServedStream] = field(default_factory=list)
    connections: list["ServedConnection"] = field(default_factory=list)
    greeting: bytes = b""
    """Sent instead of all that HTTP/2 says."""
    url: str = ""


class ServedConnection(asyncio.Protocol):
    def __init__(self, server: Http2Server) -> None:
        self.server = server
        self.h2 = H2Connection(H2Configuration(client_side=False))
        self.streams: dict[int, ServedStream] = {}
        self.lost = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self.said_goodbye = False
        self.resets = 0
        self._cutter = FrameCutter()
        self._settings_received = False
        self._early = b""
        self.broken: list[ProtocolError] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._transport: asyncio.Transport | None = None

    @property
    def transport(self) -> asyncio.Transport:
        assert self._transport is not None
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self.server.connections.append(self)
        if self.server.greeting:
            self.transport.write(self.server.greeting)
            return
        limits = {SettingCodes.MAX_CONCURRENT_STREAMS: 100} | self.server.settings
        self.h2.local_settings = Settings(client=False, initial_values=limits)
        self.h2.initiate_connection()
        self.flush()

    def data_received(self, data: bytes) -> None:
        if self.server.greeting:
            return
        self._count_resets(data)
        try:
            for event in self.h2.receive_data(data):
                self._handle(event)
        except ProtocolError as error:
            self.broken.append(error)
            self.transport.abort()
            return
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.lost.set()
        for task in self._serving:
            task.cancel()

    async def finish(self) -> None:
        """Let the client say goodbye, if it means to; then close."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await self.lost.wait()
        self.transport.abort()
        await self.lost.wait()
        await asyncio.sleep(0)  # for the socket to close

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def flush(self) -> None:
        self.transport.write(self.h2.data_to_send())

    def go_away(self, last: int, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        """Say that nothing above `last` is answered; what is begun goes on.

        h2 would end the connection's life with its own GOAWAY.
        """
        frame = GoAwayFrame(0, last_stream_id=last, error_code=code)
        self.transport.write(frame.serialize())

    def _count_resets(self, data: bytes) -> None:
        """Count those that h2 tells nobody of, too."""
        if not self._settings_received:
            self._early += data
            if len(self._early) < len(PREFACE):
                return
            self._settings_received, data = True, self._early[len(PREFACE) :]
        for frame in self._cutter.feed(data):
            self.resets += frame_type(frame) == RST_STREAM

    def _handle(self, event: Event) -> None:
        match event:
            case RequestReceived(stream_id=stream_id, headers=headers):
                lines = tuple((name, value) for name, value in headers)
                stream = ServedStream(self, stream_id, lines)
                self.streams[stream_id] = stream
                self.server.streams.append(stream)
                task = asyncio.create_task(self._serve(stream))
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
            case DataReceived(stream_id=stream_id, data=data):
                self.streams[stream_id].parts.put_nowait(data)
                size = event.flow_controlled_length
                self.h2.acknowledge_received_data(size, stream_id)
            case StreamEnded(stream_id=stream_id):
                self.streams[stream_id].parts.put_nowait(b"")
            case StreamReset(stream_id=stream_id):
                self.streams[stream_id].was_reset.set()
            case WindowUpdated():
                for stream in self.streams.values():
                    stream.window.set()
            case ConnectionTerminated():
                self.said_goodbye = True
            case _:
                pass

    async def _serve(self, stream: ServedStream) -> None:
        with suppress(ProtocolError):  # the client gave the stream up
            await self.server.handler(stream)


@asynccontextmanager
async def http2_server(
    handler: Handler,
    tls: ssl.SSLContext | None = None,
    settings: dict[SettingCodes, int] | None = None,
) -> AsyncIterator[Http2Server]:
    server = Http2Server(handler, settings or {})
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: ServedConnection(server), "127.0.0.1", 0, ssl=tls
    )
    scheme = "http" if tls is None else "https"
    server.url = f"{scheme}://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with listener:
        yield server
        listener.close()
        for connection in server.connections:
            await connection.finish()
