"""One HTTP/2 connection, and the exchanges on it.

h2 keeps the protocol's state; this is its socket. What one exchange does must not
disturb another: one that is given up is reset, and its peer told; one whose answer is
not taken stops its own stream by that stream's window, for what arrives on the
connection is counted as taken at once.
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
    AnswerBrokenOff,
    Exchange,
    RequestRefused,
    Taking,
    WentStale,
)

CONNECTION_WINDOW: Final = 16 * STREAM_WINDOW
_FIRST_WINDOW: Final = 65_535
_MOST_EXCHANGES: Final = 100
"""How many share a connection at most; more would wait for each other's packets."""
_LAST_STREAM_ID: Final = 2**31 - 1
_CONFIG: Final = H2Configuration(client_side=True, header_encoding=None)


class Http2Connection(asyncio.Protocol):
    """A connection that is used for many exchanges at a time.

    `on_change` is called when there may be room that there was not before, and when
    the connection has ended.
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
        self._unanswered = self._dropped = 0
        self._writable = asyncio.Event()
        self._writable.set()
        self._greeted = asyncio.Event()
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
        """True if exchanges may begin on it, now or later."""
        spent = self._draining or self._last_id >= _LAST_STREAM_ID
        return self.is_open and not spent

    @property
    def has_been_used(self) -> bool:
        return self._last_id > 0

    @property
    def places(self) -> int:
        """How many exchanges may begin on it now."""
        if not self.is_usable:
            return 0
        allowed = min(_MOST_EXCHANGES, self._h2.remote_settings.max_concurrent_streams)
        return max(0, allowed - len(self._exchanges))

    @property
    def was_agreed_on(self) -> bool:
        """True if the peer chose HTTP/2 by ALPN; without TLS there is no choice."""
        assert self._transport is not None, "asked once connected"
        tls: ssl.SSLObject | None = self._transport.get_extra_info("ssl_object")
        return tls is None or tls.selected_alpn_protocol() == "h2"

    async def wait_for_settings(self) -> None:
        """Return once the peer has shown that it speaks HTTP/2, and its limits."""
        await self._greeted.wait()
        if self._error is not None:
            raise self._error

    def begin(self, fields: Headers, taking: Taking, *, end: bool) -> Exchange:
        """Send the head of a request; `end` says that there is nothing else to it."""
        stream_id = self._h2.get_next_available_stream_id()
        self._last_id = stream_id
        exchange = Exchange(self, stream_id, taking)
        exchange.sent = end
        self._h2.send_headers(stream_id, fields, end_stream=end)
        self._exchanges[stream_id] = exchange
        self._flush()
        return exchange

    def drain(self) -> None:
        """Begin nothing more; close once nothing is in flight."""
        self._draining = True
        if self.is_open and not self._exchanges:
            self._h2.close_connection()
            self._flush()
            assert self._transport is not None
            self._transport.close()

    def abort(self) -> None:
        """Close at once, whatever is in flight."""
        self._draining = True
        if self._transport is not None:
            self._transport.abort()

    # An exchange calls what follows.

    def room(self, stream_id: int) -> int:
        window = self._h2.local_flow_control_window(stream_id)
        return min(window, self._h2.max_outbound_frame_size)

    async def send(self, stream_id: int, data: bytes, *, end: bool) -> None:
        self._h2.send_data(stream_id, data, end_stream=end)
        self._flush()
        await self._writable.wait()

    def open_window(self, stream_id: int, size: int) -> None:
        # h2 has read on: the stream's end may be among what is still to be handled.
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
        with suppress(StreamClosedError):  # by the peer, in the meantime
            self._h2.reset_stream(stream_id, ErrorCodes.CANCEL)
            self._flush()

    def _flush(self) -> None:
        if self._transport is not None and (data := self._h2.data_to_send()):
            self._transport.write(data)

    def _break(self, error: UpstreamError) -> None:
        """End the connection, and with it every exchange."""
        if self._error is not None:
            return
        self._flush()
        self.abort()
        self._error = error
        self._greeted.set()
        lost = isinstance(error, UpstreamConnectionLost)
        for exchange in tuple(self._exchanges.values()):
            stale = lost and self._has_served and exchange.in_head
            exchange.fail((WentStale if stale else type(error))(error.detail))

    def _go_away(self, goaway: frames.Goaway) -> None:
        self._draining = True
        for exchange in tuple(self._exchanges.values()):
            if exchange.id > goaway.last_stream_id:
                exchange.fail(RequestRefused(f"the peer is going away: {goaway.why}"))
        self.drain()

    def _take(self, frame: bytes) -> None:
        match frames.frame_type(frame):
            case frames.GOAWAY:
                self._go_away(frames.read_goaway(frame))
            case frames.DATA if self._was_given_up(frames.stream_id(frame)):
                self._let_drop(len(frame) - frames.HEAD_BYTES)
            case _:
                for event in self._h2.receive_data(frame):
                    self._handle(event)

    def _was_given_up(self, stream_id: int) -> bool:
        return stream_id not in self._exchanges and 0 < stream_id <= self._last_id

    def _let_drop(self, size: int) -> None:
        """Count what h2 is not to see as taken, past h2."""
        self._dropped += size
        if self._dropped >= CONNECTION_WINDOW // 4 and self._transport is not None:
            update = WindowUpdateFrame(0, window_increment=self._dropped)
            self._transport.write(update.serialize())
            self._dropped = 0

    def _count(self, size: int) -> None:
        """Count what has arrived as taken, whoever it is for."""
        self._unanswered += size
        if self._unanswered >= CONNECTION_WINDOW // 4:
            self._h2.increment_flow_control_window(self._unanswered)
            self._unanswered = 0

    def _handle(self, event: Event) -> None:
        match event:
            case RemoteSettingsChanged():
                self._settings_changed()
            case WindowUpdated(stream_id=0):
                self._windows_grew()
            case DataReceived(flow_controlled_length=size):
                self._count(size)
                self._hand_on(event, event.stream_id)
            case (
                ResponseReceived(stream_id=stream_id)
                | StreamEnded(stream_id=stream_id)
                | StreamReset(stream_id=stream_id)
                | WindowUpdated(stream_id=stream_id)
            ):
                self._hand_on(event, stream_id)
            case _:
                pass  # pings, interim answers, trailers: nobody asks for them

    def _hand_on(self, event: Event, stream_id: int) -> None:
        exchange = self._exchanges.get(stream_id)
        if exchange is None:
            return  # given up in the meantime
        match event:
            case ResponseReceived(headers=headers):
                lines = tuple((name, value) for name, value in headers)
                exchange.head_came(lines)
            case DataReceived(data=data, flow_controlled_length=size):
                exchange.data_came(data, size)
            case StreamEnded():
                self._has_served = True
                exchange.end_came()
            case StreamReset(error_code=code):
                exchange.fail(_reset_error(code))
            case _:
                exchange.window_grew()

    def _settings_changed(self) -> None:
        self._greeted.set()
        self._windows_grew()
        self._on_change(self)

    def _windows_grew(self) -> None:
        for exchange in self._exchanges.values():
            exchange.window_grew()

    # The event loop calls what follows.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # TCP or TLS, never UDP
        if self.was_agreed_on:
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
        self._break(UpstreamConnectionLost(f"the connection ended{reason}"))
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
    return AnswerBrokenOff(f"the peer reset the exchange: {name}")
