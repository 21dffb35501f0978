"""HTTP/2 connections, and the exchanges on them.

h2 implements the protocol; this module adds the socket. An exchange must not affect the
others on its connection. An abandoned exchange is reset. If a response is not consumed,
the window of its stream stops that stream alone: the window of the connection is opened
for all data at once.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    DataReceived,
    Event,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)
from h2.exceptions import ProtocolError, StreamClosedError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import WindowUpdateFrame

from weir.gateway.headers import Headers
from weir.gateway.transport.errors import (
    UpstreamConnectionLost,
    UpstreamError,
    UpstreamProtocolError,
)
from weir.gateway.transport.http2 import frames
from weir.gateway.transport.http2.exchange import (
    STREAM_WINDOW,
    Exchange,
    Reception,
    RequestRefused,
    StaleConnection,
    StreamAborted,
)

CONNECTION_WINDOW: Final = 16 * STREAM_WINDOW
_FIRST_WINDOW: Final = 65_535
_MOST_EXCHANGES: Final = 100
"""The maximum on one connection; more would delay each other."""
_LAST_STREAM_ID: Final = 2**31 - 1
_CONFIG: Final = H2Configuration(client_side=True, header_encoding=None)


class Http2Connection(asyncio.Protocol):
    """A connection for many concurrent exchanges.

    `on_change` is called when another exchange may begin, and at the end of the
    connection.
    """

    def __init__(
        self, max_header_bytes: int, on_change: Callable[["Http2Connection"], None]
    ) -> None:
        self._on_change = on_change
        self._h2 = H2Connection(_CONFIG)
        self._h2.local_settings = Settings(
            client=True,
            initial_values={
                SettingCodes.ENABLE_PUSH: 0,
                SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
                SettingCodes.MAX_HEADER_LIST_SIZE: max_header_bytes,
            },
        )
        self._h2.decoder.max_header_list_size = max_header_bytes
        self._frames = frames.FrameCutter()
        self._transport: asyncio.Transport | None = None
        self._exchanges: dict[int, Exchange] = {}
        self._last_id = 0
        self._draining = False
        self._has_served = False
        self._unacknowledged = self._dropped = 0
        self._writable = asyncio.Event()
        self._writable.set()
        self._settings_received = asyncio.Event()
        self._error: UpstreamError | None = None
        self.received = 0
        self.opened_s = self.idle_since_s = 0.0

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    @property
    def is_idle(self) -> bool:
        return not self._exchanges

    @property
    def is_usable(self) -> bool:
        """Whether exchanges may begin on it, now or later."""
        spent = self._draining or self._last_id >= _LAST_STREAM_ID
        return self.is_open and not spent

    @property
    def has_been_used(self) -> bool:
        return self._last_id > 0

    @property
    def free_streams(self) -> int:
        """The number of exchanges that may begin now."""
        if not self.is_usable:
            return 0
        allowed = min(_MOST_EXCHANGES, self._h2.remote_settings.max_concurrent_streams)
        return max(0, allowed - len(self._exchanges))

    @property
    def negotiated_http2(self) -> bool:
        """Whether ALPN selected HTTP/2; always true without TLS."""
        assert self._transport is not None, "only called when connected"
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return tls is None or tls.selected_alpn_protocol() == "h2"

    async def wait_for_settings(self) -> None:
        """Wait for the settings of the peer, which prove that it supports HTTP/2."""
        await self._settings_received.wait()
        if self._error is not None:
            raise self._error

    def begin(self, fields: Headers, reception: Reception, *, end: bool) -> Exchange:
        """Send the head of a request, which is all of it if `end` is set."""
        stream_id = self._h2.get_next_available_stream_id()
        self._last_id = stream_id
        exchange = Exchange(self, stream_id, reception)
        exchange.sent = end
        self._h2.send_headers(stream_id, fields, end_stream=end)
        self._exchanges[stream_id] = exchange
        self._flush()
        return exchange

    def drain(self) -> None:
        """Begin no more exchanges; close when those in flight have ended."""
        self._draining = True
        if self.is_open and not self._exchanges:
            self._h2.close_connection()
            self._flush()
            assert self._transport is not None
            self._transport.close()

    def abort(self) -> None:
        """Close the connection at once, even during exchanges."""
        self._draining = True
        if self._transport is not None:
            self._transport.abort()

    # An exchange calls the following methods.

    def room(self, stream_id: int) -> int:
        window = self._h2.local_flow_control_window(stream_id)
        return min(window, self._h2.max_outbound_frame_size)

    async def send(self, stream_id: int, data: bytes, *, end: bool) -> None:
        self._h2.send_data(stream_id, data, end_stream=end)
        self._flush()
        await self._writable.wait()

    def open_window(self, stream_id: int, size: int) -> None:
        # h2 may have read the end of the stream, whose event is not handled yet.
        with suppress(StreamClosedError, KeyError):
            self._h2.increment_flow_control_window(size, stream_id)
            self._flush()

    def end(self, exchange: Exchange) -> None:
        if self._exchanges.pop(exchange.id, None) is None:
            return
        if self.is_open:
            if not (exchange.complete and exchange.sent):
                self._reset(exchange.id)
            if self._draining:
                self.drain()
        self._on_change(self)

    def _reset(self, stream_id: int) -> None:
        with suppress(StreamClosedError):  # the peer may have closed it
            self._h2.reset_stream(stream_id, ErrorCodes.CANCEL)
            self._flush()

    def _flush(self) -> None:
        if self._transport is not None and (data := self._h2.data_to_send()):
            self._transport.write(data)

    def _break(self, error: UpstreamError) -> None:
        """End the connection and all its exchanges."""
        if self._error is not None:
            return
        self._flush()
        self.abort()
        self._error = error
        self._settings_received.set()
        lost = isinstance(error, UpstreamConnectionLost)
        for exchange in tuple(self._exchanges.values()):
            stale = lost and self._has_served and exchange.in_head
            exchange.fail((StaleConnection if stale else type(error))(error.detail))

    def _go_away(self, goaway: frames.Goaway) -> None:
        self._draining = True
        for exchange in tuple(self._exchanges.values()):
            if exchange.id > goaway.last_stream_id:
                exchange.fail(RequestRefused(f"the peer shuts down: {goaway.reason}"))
        self.drain()

    def _take(self, frame: bytes) -> None:
        match frames.frame_type(frame):
            case frames.GOAWAY:
                self._go_away(frames.read_goaway(frame))
            case frames.DATA if self._is_abandoned(frames.stream_id(frame)):
                self._acknowledge_dropped(len(frame) - frames.HEAD_BYTES)
            case _:
                for event in self._h2.receive_data(frame):
                    self._handle(event)

    def _is_abandoned(self, stream_id: int) -> bool:
        return stream_id not in self._exchanges and 0 < stream_id <= self._last_id

    def _acknowledge_dropped(self, size: int) -> None:
        """Open the connection's window for a frame that is not passed to h2."""
        self._dropped += size
        if self._dropped >= CONNECTION_WINDOW // 4 and self._transport is not None:
            update = WindowUpdateFrame(0, window_increment=self._dropped)
            self._transport.write(update.serialize())
            self._dropped = 0

    def _acknowledge(self, size: int) -> None:
        """Open the connection's window for received data, consumed or not."""
        self._unacknowledged += size
        if self._unacknowledged >= CONNECTION_WINDOW // 4:
            self._h2.increment_flow_control_window(self._unacknowledged)
            self._unacknowledged = 0

    def _handle(self, event: Event) -> None:
        match event:
            case RemoteSettingsChanged():
                self._settings_changed()
            case WindowUpdated(stream_id=0):
                self._windows_updated()
            case DataReceived(flow_controlled_length=size):
                self._acknowledge(size)
                self._dispatch(event, event.stream_id)
            case (
                ResponseReceived(stream_id=stream_id)
                | StreamEnded(stream_id=stream_id)
                | StreamReset(stream_id=stream_id)
                | TrailersReceived(stream_id=stream_id)
                | WindowUpdated(stream_id=stream_id)
            ):
                self._dispatch(event, stream_id)
            case _:
                pass  # pings and interim responses are not used

    def _dispatch(self, event: Event, stream_id: int) -> None:
        exchange = self._exchanges.get(stream_id)
        if exchange is None:
            return  # abandoned in the meantime
        match event:
            case ResponseReceived(headers=headers):
                lines = tuple((name, value) for name, value in headers)
                exchange.on_head(lines)
            case TrailersReceived(headers=headers):
                exchange.trailers = tuple((name, value) for name, value in headers)
            case DataReceived(data=data, flow_controlled_length=size):
                exchange.on_data(data, size)
            case StreamEnded():
                self._has_served = True
                exchange.on_end()
            case StreamReset(error_code=code):
                exchange.fail(_reset_error(code))
            case _:
                exchange.on_window_update()

    def _settings_changed(self) -> None:
        self._settings_received.set()
        self._windows_updated()
        self._on_change(self)

    def _windows_updated(self) -> None:
        for exchange in self._exchanges.values():
            exchange.on_window_update()

    # The event loop calls the following methods.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS, never UDP
        if self.negotiated_http2:
            self._h2.initiate_connection()
            self._h2.increment_flow_control_window(CONNECTION_WINDOW - _FIRST_WINDOW)
            self._flush()

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        try:
            for frame in self._frames.feed(data):
                self._take(frame)
        except ProtocolError as error:
            self._break(UpstreamProtocolError(f"not HTTP/2: {error}"))
        except UpstreamError as error:
            self._break(error)
        else:
            self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        reason = f": {exc}" if exc else ""
        self._break(UpstreamConnectionLost(f"the connection was closed{reason}"))
        self._writable.set()
        self._on_change(self)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()


def _reset_error(code: ErrorCodes | int) -> UpstreamError:
    if code == ErrorCodes.REFUSED_STREAM:
        return RequestRefused("the peer refused the request")
    name = code.name if isinstance(code, ErrorCodes) else str(code)
    return StreamAborted(f"the peer reset the exchange: {name}")
