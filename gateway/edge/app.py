"""The raw ASGI application in front of every façade.

    scope -> arrival -> body -> endpoint.respond -> response
               any error of these -> endpoint.render_error -> response

The time of a request begins when its head has been read: what it waited for the event
loop, or behind others of its connection, is a part of it.

A request reads the serving generation once and belongs to it until its answer is sent.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from weir.gateway.clock import Clock, SystemClock
from weir.gateway.edge.answer import LAST_CHUNK, body_message, start_message
from weir.gateway.edge.arrival import Arrival, Arrivals
from weir.gateway.edge.asgi import ARRIVED, REFUSED, Receive, Scope, Send
from weir.gateway.edge.exchange import ClientResponse
from weir.gateway.edge.front import ServingGeneration
from weir.gateway.edge.interruption import ClientLeft, Interruptions
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.places import Places
from weir.gateway.edge.problem import ProblemRenderer
from weir.gateway.edge.representation import represented
from weir.gateway.edge.upload import Upload
from weir.gateway.errors import DeadlineExceeded, InternalError, WeirError
from weir.gateway.events import EventSink, RequestFinished
from weir.gateway.ids import IdSource, RandomIds

_LOG = logging.getLogger("weir.edge")
_CLIENT_LEFT = ClientResponse(
    status=499, headers=(), body=b"", error_code="CLIENT_CLOSED_REQUEST"
)


class UnsupportedScope(Exception):
    """The server speaks something other than HTTP; ASGI asks for an exception."""


class Edge:
    """Serves whatever generation is current when a request arrives."""

    __slots__ = (
        "_arrivals",
        "_clock",
        "_compression",
        "_current",
        "_interruptions",
        "_limit",
        "_places",
        "_sink",
        "_wanted",
    )

    def __init__(
        self,
        current: Callable[[], ServingGeneration],
        options: EdgeOptions,
        *,
        sink: EventSink,
        clock: Clock | None = None,
        ids: IdSource | None = None,
    ) -> None:
        self._current = current
        self._compression = options.compression
        self._limit = options.max_body_bytes
        self._sink = sink
        self._wanted = sink.wants(RequestFinished)
        self._clock = clock or SystemClock()
        self._interruptions = Interruptions()
        self._places = Places(options.in_flight)
        self._arrivals = Arrivals(options, sink, ids or RandomIds())

    @property
    def in_flight(self) -> int:
        """How many requests are worked on."""
        return self._places.taken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise UnsupportedScope(scope["type"])
        generation = self._current()
        generation.enter()
        try:
            arrived_s = scope.get(ARRIVED) or self._clock.monotonic_s()
            arrival = self._arrivals.arrive(scope, generation, arrived_s)
            await self._exchange(arrival, receive, send)
        finally:
            generation.leave()

    async def _exchange(self, arrival: Arrival, receive: Receive, send: Send) -> None:
        upload = Upload(receive, arrival.fields)
        try:
            response = await self._answer(arrival, upload, receive)
        except ClientLeft:
            self._finished(arrival, upload, _unanswered(arrival))
            return
        response = await represented(
            response, arrival.scope["method"], arrival.fields, self._compression
        )
        refused = not upload.complete
        request_id = arrival.context.request_id
        await send(start_message(response, request_id, close=refused))
        await send(body_message(response, more=refused))
        self._finished(arrival, upload, response)
        if refused:
            await upload.discard()
            await send(LAST_CHUNK)

    async def _answer(
        self, arrival: Arrival, upload: Upload, receive: Receive
    ) -> ClientResponse:
        try:
            arrival.check()
            request = arrival.request(await upload.read(self._limit))
            route = arrival.match.route
            self._places.check(route.policy)
            time_left_s = self._time_left_s(arrival)
            with self._places, self._interruptions.of(receive, time_left_s):
                return await route.endpoint.respond(request, arrival.context)
        except WeirError as error:
            return _rendered(arrival, error)
        except ClientLeft:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the process
            return _rendered(arrival, _bug(arrival, error))

    def _time_left_s(self, arrival: Arrival) -> float:
        left_s = arrival.context.deadline_s - self._clock.monotonic_s()
        if left_s <= 0:
            # Nobody waits for the answer any more; work would only delay others.
            raise DeadlineExceeded
        return left_s

    def _finished(
        self, arrival: Arrival, upload: Upload, response: ClientResponse
    ) -> None:
        if not self._wanted:
            return
        context = arrival.context
        self._sink.emit(
            RequestFinished(
                request_id=context.request_id,
                trace_id=context.trace.trace_id,
                client_type=context.client_type,
                generation_id=context.generation_id,
                method=arrival.scope["method"],
                route=arrival.match.route.template,
                operation=response.operation,
                status=response.status,
                error_code=response.error_code,
                started_s=arrival.started_s,
                ended_s=self._clock.monotonic_s(),
                bytes_in=upload.received,
                bytes_out=len(response.body),
                client_address=arrival.origin.address,
            )
        )


def _unanswered(arrival: Arrival) -> ClientResponse:
    """Return what is told of a request that is answered by nobody, or by the server."""
    refusal: type[WeirError] | None = arrival.scope.get(REFUSED)
    if refusal is None:
        return _CLIENT_LEFT
    row = refusal.row
    return ClientResponse(status=row.status, headers=(), body=b"", error_code=row.code)


def _bug(arrival: Arrival, error: Exception) -> InternalError:
    context = arrival.context
    _LOG.error(
        "request %s of trace %s failed",
        context.request_id,
        context.trace.trace_id,
        exc_info=error,
    )
    bug = InternalError(f"{type(error).__name__}: {error}")
    bug.__cause__ = error
    return bug


def _rendered(arrival: Arrival, error: WeirError) -> ClientResponse:
    try:
        response = arrival.match.route.endpoint.render_error(error, arrival.context)
    except Exception as bug:  # noqa: BLE001 - renderers never raise; if one does, nothing leaks
        response = ProblemRenderer().render_error(_bug(arrival, bug), arrival.context)
    return replace(
        response,
        headers=response.headers + error.response_headers,
        error_code=response.error_code or error.code,
    )
