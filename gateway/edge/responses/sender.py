"""The last step of the pipeline: the response is sent and an event emitted."""

from collections.abc import AsyncGenerator
from contextlib import nullcontext
from typing import NamedTuple

from msgspec.structs import replace

from weir.gateway.clock import Clock
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.context import RequestContext
from weir.gateway.edge.admission import AdmissionLimit
from weir.gateway.edge.exchange import ClientLeft, Exchange
from weir.gateway.edge.open_streams import OpenStreams, StreamCut
from weir.gateway.edge.response import ByteStream, Response, Upgrade
from weir.gateway.edge.responses.compression import CompressionPolicy, coded
from weir.gateway.edge.responses.derived_stream import DerivedStream
from weir.gateway.edge.responses.finalize import finalize
from weir.gateway.edge.responses.rendering import bug, rendered
from weir.gateway.edge.responses.unread import SMALL_BYTES, UnreadResponse
from weir.gateway.edge.route import Route
from weir.gateway.edge.steps import request_id_field
from weir.gateway.errors import GatewayOverloaded, WeirError
from weir.gateway.events import EventSink, RequestFinished
from weir.gateway.headers import header

_CLIENT_CLOSED_REQUEST = "CLIENT_CLOSED_REQUEST"
_EVENTS = b"text/event-stream"
_UNTIL_END = nullcontext()
"""The context of a stream that ends by itself."""


_CLIENT_LEFT = Response(
    status=499, headers=(), body=b"", error_code=_CLIENT_CLOSED_REQUEST
)
_SWITCHED = Response(status=101, headers=(), body=b"")


class _Sent(NamedTuple):
    """A response as it was sent, and the bytes received after a switch of protocols."""

    response: Response
    bytes_out: int = 0
    bytes_in: int = 0
    cut_off: bool = False


class Sender:
    """The sender of responses, which also emits an event for each request.

    A response is in `memory` until its client has read it, except for small ones.
    """

    __slots__ = (
        "_admission",
        "_clock",
        "_compression",
        "_memory",
        "_receive",
        "_streams",
    )

    def __init__(
        self,
        *,
        compression: CompressionPolicy | None,
        admission: AdmissionLimit,
        memory: ClientMemory,
        streams: OpenStreams,
        sink: EventSink,
        clock: Clock,
    ) -> None:
        self._compression = compression
        self._admission = admission
        self._memory = memory
        self._streams = streams
        self._receive = sink.receiver(RequestFinished)
        self._clock = clock

    async def send(
        self,
        exchange: Exchange,
        route: Route,
        context: RequestContext,
        response: Response,
    ) -> None:
        """Finish a response and send it, or an error if there is no memory for it."""
        body = response.body
        if isinstance(body, bytes) and len(body) <= SMALL_BYTES:
            await self._send(exchange, route, context, response)
            return
        try:
            unread = UnreadResponse(self._memory, context.client, response)
        except GatewayOverloaded as error:
            if not isinstance(body, bytes):
                await body.aclose()
            refused = rendered(error, route.endpoint, context)
            await self._send(exchange, route, context, refused)
            return
        try:
            await self._send(exchange, route, context, unread.response)
        finally:
            unread.release()

    async def _send(
        self,
        exchange: Exchange,
        route: Route,
        context: RequestContext,
        response: Response,
    ) -> None:
        body = response.body
        for finish in route.steps.finishes:
            response = finish(exchange.head, context, response)
        response, coding = finalize(response, exchange.head, self._compression)
        if coding is not None:
            response = await coded(response, coding)
        if not isinstance(response.body, bytes):
            await self._send_stream(exchange, route, context, response)
            return
        if not isinstance(body, bytes):
            await body.aclose()
        try:
            sent = await exchange.send(response)
        except ClientLeft:
            self.client_left(exchange, route, context)
        else:
            self._emit(exchange, route, context, _Sent(response, sent))

    def client_left(
        self, exchange: Exchange, route: Route, context: RequestContext
    ) -> None:
        """Emit the event of a request without a response, as its client has left."""
        self._emit(exchange, route, context, _Sent(_CLIENT_LEFT))

    async def _send_stream(
        self,
        exchange: Exchange,
        route: Route,
        context: RequestContext,
        response: Response,
    ) -> None:
        """Send a stream, which counts as in flight until it ends."""
        assert not isinstance(response.body, bytes)
        counted = CountedStream(response.body)
        response = replace(response, body=counted)
        error_code, cut_off = response.error_code, True
        self._admission.reenter()
        try:
            with self._streams.opened(route) if _is_endless(response) else _UNTIL_END:
                await exchange.send(response)
            cut_off = False
        except ClientLeft:
            error_code = _CLIENT_CLOSED_REQUEST
        except StreamCut:
            pass
        except WeirError as error:
            error_code = error.code
            raise
        except Exception as error:
            error_code = bug(error, context).code
            raise
        finally:
            self._admission.leave()
            ended = replace(response, error_code=error_code)
            sent = _Sent(ended, counted.sent, cut_off=cut_off)
            self._emit(exchange, route, context, sent)

    async def upgrade(
        self,
        exchange: Exchange,
        route: Route,
        context: RequestContext,
        upgrade: Upgrade,
    ) -> None:
        """Switch protocols; the connection counts as in flight until it is closed.

        If the request does not permit it, the client gets an error.
        """
        cut_off = False
        named = replace(upgrade, headers=upgrade.headers + request_id_field(context))
        self._admission.reenter()
        try:
            with self._streams.opened(route):
                await exchange.upgrade(named)
        except StreamCut:
            cut_off = True
        except ClientLeft:
            self.client_left(exchange, route, context)
            return
        except WeirError as error:
            response = rendered(error, route.endpoint, context)
            await self.send(exchange, route, context, response)
            return
        finally:
            self._admission.leave()
            await upgrade.release()
        bytes_in, bytes_out = upgrade.sizes()
        sent = _Sent(_SWITCHED, bytes_out, bytes_in, cut_off)
        self._emit(exchange, route, context, sent)

    def _emit(
        self,
        exchange: Exchange,
        route: Route,
        context: RequestContext,
        sent: _Sent,
    ) -> None:
        if self._receive is None:
            return
        head, application = exchange.head, context.application
        response = sent.response
        self._receive(
            RequestFinished(
                request_id=context.request_id,
                trace=context.trace,
                client_type=context.client_type,
                generation_id=context.generation_id,
                method=head.method,
                scheme=head.scheme,
                path=head.path,
                route=route.template,
                operation=response.operation,
                status=response.status,
                error_code=response.error_code,
                started_s=head.arrived_s,
                ended_s=self._clock.monotonic_s(),
                bytes_in=exchange.body.received + sent.bytes_in,
                bytes_out=sent.bytes_out,
                cut_off=sent.cut_off,
                client_address=context.client_address,
                client_name=application.name,
                client_version=application.version,
                failures=response.failures,
                client_s=exchange.client_s,
                upload_s=exchange.upload_s,
            )
        )


def _is_endless(response: Response) -> bool:
    """Return whether a stream ends only if one side ends it; clients reconnect then.

    A reload would otherwise lose a long download.
    """
    content_type = header(response.headers, b"content-type") or b""
    return content_type.lower().startswith(_EVENTS)


class CountedStream(DerivedStream):
    """A stream with the number of bytes of it that were `sent`."""

    __slots__ = ("sent",)

    def __init__(self, stream: ByteStream) -> None:
        super().__init__(stream, self._counted(stream))
        self.sent = 0

    async def _counted(self, stream: ByteStream) -> AsyncGenerator[bytes]:
        async for data in stream:
            self.sent += len(data)
            yield data
