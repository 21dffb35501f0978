"""One client connection: HTTP/1.1 with limits.

    bytes -> MessageParser -> ClientExchange (one at a time) -> handler -> bytes

A request is given to the handler when its head is complete, in a task of its own; its
body follows as it arrives. Requests that a client sends ahead wait as bytes until the
response before them is sent. Bytes that violate HTTP get one short response, and the
connection is closed. No input of a client raises an exception out of this class.
"""

import asyncio
import logging
from contextvars import copy_context
from enum import Enum, auto
from typing import cast

from weir.gateway.concurrency.deadline import Deadline
from weir.gateway.edge.exchange import ClientLeft
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Upgrade
from weir.gateway.errors import (
    InternalError,
    RequestTimeout,
    TooManyConnections,
    WeirError,
)
from weir.gateway.server.connection.admission import Verdict
from weir.gateway.server.connection.client_exchange import ClientExchange
from weir.gateway.server.connection.client_transport import ClientTransport
from weir.gateway.server.connection.listener_state import ListenerState
from weir.gateway.server.connection.presence import PresenceProbe
from weir.gateway.server.connection.refusal import refusal_message
from weir.gateway.server.connection.request_body import ClientBody
from weir.gateway.server.connection.requests_ahead import RequestsAhead
from weir.gateway.server.messages.message_parser import MessageParser
from weir.gateway.server.messages.request_head import Source
from weir.gateway.server.messages.response_bytes import CONTINUE, PROCESSING
from weir.gateway.server.tls import client_certificate

_LOG = logging.getLogger("weir.server")
# Beyond this, a client that sends ahead has to wait for its responses.
_AHEAD_BYTES = 64 * 1024


class _Waiting(Enum):
    """The event that the connection waits for; each but the last has a time limit."""

    FOR_REQUEST = auto()
    FOR_HEAD = auto()
    FOR_BODY = auto()
    FOR_RESPONSE = auto()


class ClientProtocol(asyncio.Protocol):
    """One connection of a listener; it counts from its accept."""

    __slots__ = (
        "_address",
        "_ahead",
        "_closed",
        "_context",
        "_deadline",
        "_exchange",
        "_loop",
        "_parser",
        "_probe",
        "_upgraded",
        "_waiting",
        "client",
        "state",
        "verdict",
    )

    client: ClientTransport
    _parser: MessageParser

    def __init__(
        self, state: ListenerState, loop: asyncio.AbstractEventLoop, address: str
    ) -> None:
        self.state = state
        self._loop = loop
        self._address = address
        self._context = copy_context()
        self._ahead = RequestsAhead(state.memory)
        self._exchange: ClientExchange | None = None
        self._upgraded: asyncio.Protocol | None = None
        self._closed: asyncio.Future[None] | None = None
        self._probe: PresenceProbe | None = None
        self.verdict = state.admission.enter(address)
        self._waiting = _Waiting.FOR_HEAD
        self._deadline = Deadline(loop, self._expired)

    # Called by the transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has its own
        limits = self.state.limits
        self.client = ClientTransport(transport, limits.write_s, self._loop)
        scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        source = Source(scheme, self._address, client_certificate(transport))
        self._parser = MessageParser(limits, self.state.clock, source, self)
        if self.verdict is Verdict.ADMITTED:
            self.state.connections.add(self)
            self._deadline.set(limits.head_s)
        else:
            self._refuse(TooManyConnections())

    def connection_lost(self, exc: Exception | None) -> None:
        self.forget()
        self._parser.close()
        self.client.lost()
        self._ahead.take()
        if self._probe is not None:
            self._probe.close()
        if self._exchange is not None:
            self._exchange.client_left()
        if self._upgraded is not None:
            self._upgraded.connection_lost(exc)
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        if self._upgraded is not None:
            self._upgraded.data_received(data)
        elif self.client.lingers or (exchange is not None and exchange.body.failed):
            self.client.drop(data)
        elif exchange is not None and not self._parser.in_body:
            self._hold(exchange, data, 0)
        else:
            try:
                end = self._parser.feed(data)
            except WeirError as error:
                self._reject(error)
                return
            if end < len(data) and self._exchange is not None:
                self._hold(self._exchange, data, end)
            self._expect_more()

    def eof_received(self) -> bool:
        if self._upgraded is not None:
            return bool(self._upgraded.eof_received())
        exchange = self._exchange
        if exchange is None or self.client.lingers:
            return False
        if self._parser.in_body or not self.client.can_half_close:
            exchange.client_left()
            return False
        self._probe = PresenceProbe(self._loop, self._send_interim)
        self._probe.start()
        return True

    def pause_writing(self) -> None:
        self.client.pause_writing()
        if self._upgraded is not None:
            self._upgraded.pause_writing()

    def resume_writing(self) -> None:
        self.client.resume_writing()
        if self._upgraded is not None:
            self._upgraded.resume_writing()

    # Called by the parser.

    def head_received(
        self, head: RequestHead, length: int | None, *, keep_alive: bool, upgrade: bool
    ) -> ClientBody:
        expect = head.headers.get(b"expect", b"").lower()
        body = ClientBody(
            self,
            self.state.memory,
            declared=length or 0,
            complete=length == 0,
            expects_continue=expect == b"100-continue" and head.http_version == "1.1",
        )
        exchange = self._exchange = ClientExchange(
            head,
            body,
            self,
            keep_alive=keep_alive,
            can_upgrade=upgrade,
        )
        task = self._loop.create_task(self._serve(exchange))
        self.state.exchanges[exchange] = task
        return body

    # Called by the exchange and its body.

    def stays_open(self) -> bool:
        exchange = self._exchange
        assert exchange is not None
        if not exchange.keep_alive or not exchange.body.complete:
            return False
        if self._ahead.size:
            # The bytes behind a declined upgrade are in an unknown protocol.
            return not exchange.can_upgrade
        return self._probe is None and not self.state.draining

    def response_sent(self, *, closes: bool) -> None:
        if closes or self._has_ended:
            self._deadline.clear()
            if not self._parser.in_body and not self._ahead.size:
                self.client.close()
            else:
                self.client.close_reading_on()
            return
        self._exchange = None
        self._expect(_Waiting.FOR_REQUEST, self.state.limits.idle_s)
        self.client.resume_reading()
        if self._ahead.size:
            # The task of this response has a context of its own.
            self._context.run(self._parse_ahead)

    async def hand_over(self, upgrade: Upgrade) -> None:
        self._deadline.clear()
        closed = self._closed = self._loop.create_future()
        try:
            self._upgraded = upgrade.take_over(self.client.raw, self._ahead.take())
            self.client.resume_reading()
            if self._probe is not None and not self._upgraded.eof_received():
                # The client closed its side before there was another protocol.
                self.client.close()
            await closed
        except BaseException:
            self.client.abort()
            raise

    def pause_reading(self) -> None:
        self.client.pause_reading()
        self._deadline.clear()

    def resume_reading(self) -> None:
        self.client.resume_reading()
        if not self._deadline.is_set:
            self._expect(_Waiting.FOR_BODY, self.state.limits.body_s)

    def send_continue(self) -> None:
        self.client.write(CONTINUE)

    # Called by the listener.

    def shut_down(self) -> None:
        """Close unless a request is in progress."""
        if self._exchange is None and not self.client.lingers:
            self.client.close()

    def abort(self) -> None:
        self.client.abort()

    def forget(self) -> None:
        """Stop to count: the connection is lost, or was never made."""
        self._deadline.close()
        self.state.connections.discard(self)
        self.state.admission.leave(self._address, self.verdict)
        self.verdict = Verdict.DROPPED

    @property
    def _has_ended(self) -> bool:
        """Whether the client has closed its side, and all that it sent is parsed."""
        return self._probe is not None and not self._ahead.size

    def _parse_ahead(self) -> None:
        while self._ahead.size and (self._exchange is None or self._parser.in_body):
            data, start = self._ahead.first()
            try:
                end = self._parser.feed(data, start)
            except WeirError as error:
                self._ahead.take()
                self._reject(error)
                return
            self._ahead.consume(end)
        if self._has_ended and (self._exchange is None or self._parser.in_body):
            self.client.close()
        self._expect_more()

    def _hold(self, exchange: ClientExchange, data: bytes, start: int) -> None:
        """Keep what is behind a request that is in progress, within bounds."""
        if not exchange.keep_alive:
            self.client.drop(data)
        elif not self._ahead.add(data, start):
            exchange.keep_alive = False
        elif self._ahead.size > _AHEAD_BYTES:
            self.client.pause_reading()

    def _expect_more(self) -> None:
        """Limit the time for what is missing."""
        exchange = self._exchange
        if exchange is None:
            if self._waiting is not _Waiting.FOR_HEAD:
                self._expect(_Waiting.FOR_HEAD, self.state.limits.head_s)
        elif not self._parser.in_body:
            self._waiting = _Waiting.FOR_RESPONSE
            self._deadline.clear()
        elif self._waiting is not _Waiting.FOR_BODY or exchange.body.streamed:
            self._expect(_Waiting.FOR_BODY, self.state.limits.body_s)

    def _expect(self, waiting: _Waiting, within_s: float) -> None:
        self._waiting = waiting
        self._deadline.set(within_s)

    def _expired(self) -> None:
        if self._exchange is not None or self._parser.in_head:
            self._reject(RequestTimeout())
        else:
            self.client.close()

    def _send_interim(self) -> None:
        exchange = self._exchange
        if exchange and not exchange.started and exchange.head.http_version == "1.1":
            self.client.write(PROCESSING)

    async def _serve(self, exchange: ClientExchange) -> None:
        error: WeirError | None = None
        try:
            await self.state.handler(exchange)
            if not exchange.started and not exchange.is_abandoned:
                _LOG.error("A request was left without a response.")
        except ClientLeft:
            pass
        except WeirError as raised:
            error = raised.without_frames()
        except Exception:  # noqa: BLE001 - the edge of the process
            _LOG.exception("The handler of a request failed.")
        finally:
            del self.state.exchanges[exchange]
            if not exchange.finished:
                exchange.body.release()
                self._end_unfinished(exchange, error or InternalError())

    def _end_unfinished(self, exchange: ClientExchange, error: WeirError) -> None:
        if exchange.started:
            # The client has to see that the body is not complete.
            self.client.abort()
        elif not exchange.is_abandoned:
            exchange.started = exchange.finished = True
            self._respond(error)

    def _reject(self, error: WeirError) -> None:
        """Take nothing more; the request in progress fails if it is incomplete."""
        if self._exchange is None:
            self._refuse(error)
            return
        self._deadline.clear()
        self.state.refused(error.code)
        self._exchange.body.fail(error)

    def _refuse(self, error: WeirError) -> None:
        self.state.refused(error.code)
        self._respond(error)

    def _respond(self, error: WeirError) -> None:
        self._deadline.clear()
        self.client.write(refusal_message(error, self.state.date_line))
        self.client.close_reading_on()
