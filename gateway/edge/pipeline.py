"""The client pipeline: the steps of every client request, in this order.

    head -> route -> guards -> identity -> checks -> body -> admission -> endpoint
         -> sender

API keys in the query are removed from the head before anything else.

Guards use the head alone. The identity is that of an anonymous client if the route has
no access rule. Each step may end the request with an error, which the endpoint of the
route renders. The sender finishes every response, errors included, and sends it. A step
that is not configured costs nothing: see `gateway.edge.steps`.

The current generation at the arrival of the head handles the request, until the
endpoint has returned. A stream continues after that: see `gateway.edge.open_streams`.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from weir.gateway.clock import Clock, SystemClock
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.context import CurrentSpans, RequestContext
from weir.gateway.edge.access import Access
from weir.gateway.edge.admission import AdmissionLimit
from weir.gateway.edge.cancellation import CancelScopes
from weir.gateway.edge.context.client_address import TrustedProxies
from weir.gateway.edge.context.request_context import RequestContexts
from weir.gateway.edge.exchange import ClientLeft, Exchange, WithHead
from weir.gateway.edge.open_streams import OpenStreams
from weir.gateway.edge.options import EdgeOptions
from weir.gateway.edge.origin import Origin
from weir.gateway.edge.request import Request, RequestHead
from weir.gateway.edge.request_coding import CONTENT_ENCODING, decoded_body
from weir.gateway.edge.response import Response, Upgrade
from weir.gateway.edge.responses.rendering import rendered
from weir.gateway.edge.responses.sender import Sender
from weir.gateway.edge.route import Buffered, Route, RouteMatch, Streamed
from weir.gateway.edge.steps import Steps, Waiting
from weir.gateway.events import EventSink, StepFinished
from weir.gateway.ids import IdSource, RandomIds
from weir.gateway.transport.reply_hold import DEFAULT_BYTES as REPLY_BYTES

_UPLOAD_S: Final = 24 * 3600.0
"""The longest time of a request with a streamed body.

The server limits the time between two parts, and the endpoint the time after them.
"""

T = TypeVar("T")
Outcome: TypeAlias = Response | Upgrade | Exception
Locate: TypeAlias = Callable[[RequestContext], RequestContext]
RemoveKeys: TypeAlias = Callable[[RequestHead], RequestHead]


class ServingGeneration(Protocol):
    """The part of a configuration's generation that the edge uses."""

    @property
    def id(self) -> str: ...

    @property
    def locate(self) -> Locate | None:
        """A function that adds the place of the client to a context, if configured."""
        ...

    @property
    def remove_keys(self) -> RemoveKeys | None:
        """A function that removes API keys from the query, if it may have some."""
        ...

    def route(self, head: RequestHead) -> RouteMatch:
        """Return the route of a request, or a route that responds with an error."""
        ...

    def serves(self, route: Route) -> bool:
        """Return whether this generation has a route of the same fingerprint."""
        ...

    def enter(self) -> None:
        """Count a request that uses this generation."""
        ...

    def leave(self) -> None:
        """Stop counting a request; a retired generation closes after its last one."""
        ...


class Pipeline:
    """The handler of exchanges, each by the generation that is current at its start.

    `replies` is the memory for responses that clients have not read, and for those of
    services.
    """

    __slots__ = (
        "_admission",
        "_clock",
        "_contexts",
        "_generation",
        "_proxies",
        "_receive_step",
        "_scopes",
        "_sender",
        "_streams",
    )

    def __init__(
        self,
        options: EdgeOptions,
        *,
        sink: EventSink,
        clock: Clock | None = None,
        ids: IdSource | None = None,
        streams: OpenStreams | None = None,
        spans: CurrentSpans | None = None,
        replies: ClientMemory | None = None,
    ) -> None:
        self._generation: ServingGeneration | None = None
        self._proxies = TrustedProxies(options.trusted_proxies, options.proxy_header)
        self._contexts = RequestContexts(
            sink, ids or RandomIds(), options.sample, spans, options.b3
        )
        self._admission = AdmissionLimit(options.in_flight)
        self._scopes = CancelScopes()
        self._streams = streams or OpenStreams(drain_s=options.stream_drain_s)
        self._clock = clock or SystemClock()
        self._receive_step = sink.receiver(StepFinished)
        self._sender = Sender(
            compression=options.compression,
            admission=self._admission,
            memory=replies or ClientMemory(REPLY_BYTES),
            streams=self._streams,
            sink=sink,
            clock=self._clock,
        )

    @property
    def in_flight(self) -> int:
        """The number of requests in flight, open streams included."""
        return self._admission.in_flight

    def serve(self, generation: ServingGeneration) -> None:
        """Handle all new requests by `generation`.

        End the streams of routes that it does not have with the same fingerprint.
        """
        self._generation = generation
        self._streams.retain(generation.serves)

    def end_streams(self) -> None:
        """Let the endpoints of open streams end them, as the process will stop."""
        self._streams.end()

    async def __call__(self, exchange: Exchange) -> None:
        """Respond to a request; never raise because of a client or a service."""
        generation, head = self._generation, exchange.head
        assert generation is not None, "a generation serves before the port opens"
        if generation.remove_keys is not None:
            head = generation.remove_keys(head)
            if head is not exchange.head:
                exchange = WithHead(exchange, head)
        match = generation.route(head)
        route = match.route
        origin = self._proxies.origin(head.peer, head.scheme, head.headers)
        context = self._contexts.context(head, origin, route, generation.id)
        if generation.locate is not None:
            context = generation.locate(context)
        generation.enter()
        try:
            context, outcome = await self._outcome(exchange, match, origin, context)
        except ClientLeft:
            self._sender.client_left(exchange, route, context)
            return
        finally:
            generation.leave()
        if isinstance(outcome, Exception):
            outcome = rendered(outcome, route.endpoint, context)
        if isinstance(outcome, Response):
            await self._sender.send(exchange, route, context, outcome)
        else:
            await self._sender.upgrade(exchange, route, context, outcome)

    async def _outcome(
        self,
        exchange: Exchange,
        match: RouteMatch,
        origin: Origin,
        context: RequestContext,
    ) -> tuple[RequestContext, Outcome]:
        """Run the steps and the endpoint; raise ClientLeft on a disconnect.

        Return the context with it, which has the caller once they are identified.
        """
        steps = match.route.steps
        try:
            response = await self._guarded(exchange, steps, origin, context)
            if response is not None:
                return context, response
            access = steps.access
            if access is not None:
                admitted = access.admit_now(exchange.head, context)
                context = admitted or await self._identified(exchange, access, context)
            if steps.checks:
                response = await self._checked(exchange, steps, context)
                if response is not None:
                    return context, response
            return context, await self._served(exchange, match, context)
        except ClientLeft:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the process
            return context, error

    async def _identified(
        self, exchange: Exchange, access: Access, context: RequestContext
    ) -> RequestContext:
        """Return the context with the caller, who could not be admitted at once."""
        work = access.admit(exchange.head, context)
        return await self._step("authenticate", work, exchange, context)

    async def _guarded(
        self, exchange: Exchange, steps: Steps, origin: Origin, context: RequestContext
    ) -> Response | None:
        """Run the guards; return the response of the first to end the request."""
        for guard in steps.guards:
            outcome = guard(exchange.head, origin)
            if outcome is not None:
                response = await self._ended("guard", outcome, exchange, context)
                if response is not None:
                    return response
        return None

    async def _checked(
        self, exchange: Exchange, steps: Steps, context: RequestContext
    ) -> Response | None:
        """Run the checks; return the response of the first to end the request."""
        for check in steps.checks:
            outcome = check(exchange.head, context)
            if outcome is not None:
                response = await self._ended("check", outcome, exchange, context)
                if response is not None:
                    return response
        return None

    async def _ended(
        self,
        step: str,
        outcome: Response | Waiting,
        exchange: Exchange,
        context: RequestContext,
    ) -> Response | None:
        """Return the response of a step that ends the request, or may have to wait."""
        if isinstance(outcome, Response):
            return outcome
        return await self._step(step, outcome, exchange, context)

    async def _step(
        self,
        step: str,
        work: Coroutine[Any, Any, T],
        exchange: Exchange,
        context: RequestContext,
    ) -> T:
        """Do the work of a step within the time of the request."""
        started_s = self._clock.monotonic_s()
        try:
            return await self._scopes.run(
                work, exchange, context.deadline_s - started_s
            )
        finally:
            if self._receive_step is not None:
                self._receive_step(
                    StepFinished(
                        request_id=context.request_id,
                        trace=context.trace,
                        parent_id=context.trace.parent_id,
                        step=step,
                        started_s=started_s,
                        ended_s=self._clock.monotonic_s(),
                    )
                )

    async def _served(
        self, exchange: Exchange, match: RouteMatch, context: RequestContext
    ) -> Response | Upgrade:
        """Read and decode the body within its limit, and call the endpoint."""
        route, body = match.route, exchange.body
        policy = route.policy
        content = b""
        # There is no need to wait for an empty body.
        if isinstance(policy.body, Buffered) and (body.received or not body.complete):
            content = await body.read(policy.body.max_bytes)
            if content and CONTENT_ENCODING in exchange.head.headers:
                content = await _decoded(exchange, content, policy.body.max_bytes)
        request = Request(
            head=exchange.head,
            path_parameters=match.path_parameters,
            body=content,
            stream=body,
            retired=route.retired,
        )
        time_left_s = context.deadline_s - self._clock.monotonic_s()
        if not body.complete and isinstance(policy.body, Streamed):
            time_left_s = _UPLOAD_S
        if policy.admission:
            self._admission.enter()
        try:
            work = route.endpoint.respond(request, context)
            return await self._scopes.run(work, exchange, time_left_s)
        finally:
            if policy.admission:
                self._admission.leave()


async def _decoded(exchange: Exchange, content: bytes, limit: int) -> bytes:
    coding = exchange.head.headers[CONTENT_ENCODING]
    decoded = await decoded_body(coding, content, limit)
    exchange.body.hold(len(decoded))
    return decoded
