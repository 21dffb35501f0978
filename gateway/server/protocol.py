"""One client connection: uvicorn's HTTP/1.1 protocol, with limits and manners.

An ASGI application can not limit what arrives before it is called. This class bounds
the bytes and the time of a request's head, the time of its body, the idle time between
requests, the time for which a client may leave its answer unread, and how many requests
it may send ahead. What breaks HTTP's rules gets a short answer and the connection is
closed; nothing a client sends makes a traceback.

Closing has one trap. A socket that is closed with unread bytes resets the connection,
and the reset overtakes the answer. So a refusal is written, our side is shut down, and
what still arrives is dropped for a moment (RFC 9112 §9.6).

It builds on these parts of uvicorn, which tests/gateway/server pins: the attributes
parser, transport, cycle, pipeline, connections and timeout_keep_alive, the cycle's
flags, the parser's callbacks, and _start_asgi_task.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from weir.gateway.clock import Clock
from weir.gateway.edge.asgi import ARRIVED, REFUSED
from weir.gateway.errors import (
    BadRequest,
    HeadersTooLarge,
    RequestTimeout,
    TooManyConnections,
    UriTooLong,
)
from weir.gateway.server.admission import Admission, Verdict
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.refusal import Refusal, refusal_message

_LOG = logging.getLogger("weir.server")
_LINGER_S = 1.0


class ListenerState(ServerState):
    """What the connections of one listener share."""

    def __init__(
        self, limits: ConnectionLimits, clock: Clock, refused: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.clock = clock
        self.limits = limits
        self.refused = refused
        self.draining = False
        self.admission = Admission(limits)


class _StopParsing(Exception):
    """Leaves the parser; `_refusal` says why."""


class FrontProtocol(HttpToolsProtocol):
    """One connection of a listener."""

    server_state: ListenerState

    def __init__(
        self, config: Config, state: ListenerState, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(config, state, {}, loop)
        self.logger = _LOG
        # One JSON line per request is the edge's work.
        self.access_log = False
        self._limits = state.limits
        self.timeout_keep_alive = state.limits.idle_s  # type: ignore[assignment]  # seconds, handed to call_later
        self._active: RequestResponseCycle | None = None
        self._in_head = True
        self._head_bytes = 0
        self._heads = 0
        self._body_bytes = 0
        self._overhead_bytes = 0
        self._since_body_bytes = 0
        self._refusal: Refusal | None = None
        self._discarding = False
        self._verdict = Verdict.DROPPED
        self._arrival_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def drain(self) -> None:
        """Say `Connection: close` with the next answer; go on serving until then."""
        last = self.pipeline[0][0] if self.pipeline else self._active
        if last is not None:
            last.keep_alive = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._verdict = self.server_state.admission.enter(self._address)
        match self._verdict:
            case Verdict.ADMITTED:
                self._await_arrival(self._limits.head_s)
            case Verdict.TURNED_AWAY:
                self.connections.discard(self)
                self._refuse(TooManyConnections)
            case Verdict.DROPPED:
                self.connections.discard(self)
                self.transport.abort()

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def connection_lost(self, exc: Exception | None) -> None:
        active = self._active
        if active is not None and not active.response_complete:
            # uvicorn tells the newest request only, which may be one that waits.
            active.disconnected = True
            active.message_event.set()
        self.pipeline.clear()
        self._unset_timers()
        self.server_state.admission.leave(self._address, self._verdict)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._discarding:
            return
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except (httptools.HttpParserError, _StopParsing):
            self._stop(self._refusal or BadRequest)
        else:
            self._watch_arrival()

    def _feed(self, data: bytes) -> None:
        """Parse at most `head_bytes` at a time, and count what is not a body."""
        limit = self._limits.head_bytes
        while data and not self._discarding:
            room = limit - self._head_bytes if self._in_head else limit
            chunk, data = (
                (data, b"") if len(data) <= room else (data[:room], data[room:])
            )
            in_head, heads = self._in_head, self._heads
            body_bytes = self._body_bytes
            try:
                self.parser.feed_data(chunk)  # pyright: ignore[reportOptionalMemberAccess] - uvicorn unsets it when the connection is lost
            except httptools.HttpParserUpgrade as upgrade:
                self._decline_upgrade(chunk[upgrade.args[0] :] + data)
            if not self._in_head:
                if not in_head:
                    self._count_overhead(len(chunk), self._body_bytes - body_bytes)
                continue
            # A head that began within the chunk, behind another message, is counted
            # from the next chunk on: it may be twice the limit, never more.
            whole = in_head and heads == self._heads
            self._head_bytes = self._head_bytes + len(chunk) if whole else 0
            if self._head_bytes >= limit:
                self._refusal = HeadersTooLarge
                raise _StopParsing

    def _count_overhead(self, fed: int, body: int) -> None:
        """Bound chunk sizes, chunk extensions and trailers.

        Together they may be as long as the body and a head, and what follows the last
        byte of the body so far as long as a head.
        """
        limit = self._limits.head_bytes
        self._overhead_bytes += fed - body
        self._since_body_bytes = 0 if body else self._since_body_bytes + fed
        if self._since_body_bytes > limit:
            self._refusal = HeadersTooLarge
            raise _StopParsing
        if self._overhead_bytes > limit + self._body_bytes:
            raise _StopParsing

    def _decline_upgrade(self, rest: bytes) -> None:
        """Answer as if no upgrade had been asked for (RFC 9110 §7.8)."""
        if rest:
            # It is in a protocol that we do not speak.
            self.cycle.keep_alive = False
            self._discarding = True

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self._limits.target_bytes:
            self._refusal = UriTooLong
            raise _StopParsing

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            # A trailer. RFC 9110 §6.5.1: it must not be merged into the header section
            # unless its definition permits that.
            return
        # llhttp leaves the white space behind a value in it (RFC 9112 §5.1).
        super().on_header(name, value.rstrip(b" \t"))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._heads += 1
        self._body_bytes = self._overhead_bytes = self._since_body_bytes = 0
        self._unset_arrival_timer()
        self.scope[ARRIVED] = self.server_state.clock.monotonic_s()  # type: ignore[typeddict-unknown-key]  # our own, beside ASGI's
        super().on_headers_complete()
        if self.server_state.draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
        self._unset_arrival_timer()
        if len(self.pipeline) >= self._limits.pipelined:
            # What is queued gets its answers; the rest has to come again.
            self.cycle.keep_alive = False
            self._discarding = True
            raise _StopParsing

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._active = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._await_write()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_write()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._await_write()

    def _await_write(self) -> None:
        """Give the client `write_s` to take what is buffered."""
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(
                self._limits.write_s, self.transport.abort
            )

    def _watch_arrival(self) -> None:
        """Arm a timer where a message is unfinished; most arrive in one piece."""
        if self._arrival_timer is not None or self._discarding:
            return
        if not self._in_head:
            self._await_arrival(self._limits.body_s)
        elif not self._busy and self.timeout_keep_alive_task is None:
            self._await_arrival(self._limits.head_s)

    def _await_arrival(self, within_s: float) -> None:
        self._arrival_timer = self.loop.call_later(within_s, self._arrived_late)

    def _arrived_late(self) -> None:
        self._arrival_timer = None
        if self.transport.is_closing():
            return
        if self._in_head and self._head_bytes == 0:
            self.transport.close()
        else:
            self._stop(RequestTimeout)

    @property
    def _busy(self) -> bool:
        return self._active is not None and not self._active.response_complete

    def _stop(self, refusal: Refusal) -> None:
        """Take nothing more; what was rightly asked before still gets its answer."""
        active = self._active
        if active is None or active.response_complete:
            self._refuse(refusal)
        elif not active.more_body:
            self._discarding = True
            self._last_whole(active).keep_alive = False
        elif active.response_started:
            self.transport.close()
        else:
            # The body of the request in progress is what failed to come.
            active.scope[REFUSED] = refusal  # type: ignore[typeddict-unknown-key]  # as above
            active.disconnected = True
            active.message_event.set()
            self._refuse(refusal)

    def _last_whole(self, active: RequestResponseCycle) -> RequestResponseCycle:
        """Return the last request that arrived whole; drop one that did not."""
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()
        return self.pipeline[0][0] if self.pipeline else active

    def _refuse(self, refusal: Refusal) -> None:
        self.server_state.refused(refusal.row.code)
        self._discarding = True
        self._unset_timers()
        headers = tuple(self.server_state.default_headers)
        self.transport.write(refusal_message(refusal, headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._arrival_timer = self.loop.call_later(_LINGER_S, self.transport.abort)

    def _unset_arrival_timer(self) -> None:
        if self._arrival_timer is not None:
            self._arrival_timer.cancel()
            self._arrival_timer = None

    def _unset_timers(self) -> None:
        self._unset_keepalive_if_required()
        self._unset_arrival_timer()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
