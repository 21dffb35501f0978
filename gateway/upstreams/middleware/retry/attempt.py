"""Attempts of calls: an instance is picked and called, and the outcome recorded."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, Protocol

from msgspec import Struct

from weir.gateway.context import RequestContext
from weir.gateway.events import AttemptFinished, EventReceiver
from weir.gateway.headers import Headers
from weir.gateway.trace_parent import B3_FIELDS
from weir.gateway.transport.errors import (
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.reply_hold import ReplyHold
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.balancing.balancer import PickContext
from weir.gateway.upstreams.balancing.hash_key import hash_key
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.instances.selection import Selection
from weir.gateway.upstreams.instances.stream import InstanceStream
from weir.gateway.upstreams.instances.stream_meter import StreamMeter
from weir.gateway.upstreams.model.policy import UpstreamPolicy

SERVER_ERROR: Final = 500
_LARGE_BYTES: Final = 65_536
_CANCELLED: Final = "CANCELLED"
_NOT_ENCODED: Final = (b"accept-encoding", b"identity")
"""The bodies of streams are not decoded (RFC 9110 §12.5.3)."""


class CallState(Struct, eq=False):
    """The header fields and the deadline of one call, and its attempts so far."""

    headers: Headers
    deadline_s: float
    tried: tuple[Instance, ...] = ()
    has_failed: bool = False
    """Whether an attempt has failed in a way that counts."""
    blamed: tuple[Instance, ...] = ()
    """The instances whose failures the client is blamed for."""
    lost_hedge: Instance | None = None
    """The instance of the first attempt, if a hedge was faster."""


def is_large(request: UpstreamRequest) -> bool:
    """Return whether the size of a request may be the cause of its failure.

    It is then not sent to a second instance, which would fail as well.
    """
    return len(request.body) > _LARGE_BYTES


class Attempts(Protocol):
    """The attempts of calls and streams."""

    async def call(
        self, request: UpstreamRequest, context: RequestContext, state: CallState
    ) -> UpstreamResponse: ...

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        state: CallState,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream: ...

    def has_untried(self, state: CallState) -> bool:
        """Return whether there is a healthy instance that `state` has not tried."""
        ...


class InstanceAttempts:
    """Attempts on the instances of one upstream, each within the attempt timeout."""

    def __init__(
        self, policy: UpstreamPolicy, selection: Selection, use: Dependencies
    ) -> None:
        self.upstream = policy.name
        self.attempt_s = policy.timeout.attempt_s
        self.clock = use.clock
        self.receive = use.sink.receiver(AttemptFinished)
        self._sink = use.sink
        self._selection = selection
        hashes = policy.balancing == "consistent_hash"
        self._hash_key = hash_key(policy.hash_on) if hashes else None
        self._ids = use.ids
        self._replies = use.replies
        requested = ", ".join(policy.transport.accept_encoding)
        self._coding = (b"accept-encoding", requested.encode() or b"identity")

    async def call(
        self, request: UpstreamRequest, context: RequestContext, state: CallState
    ) -> UpstreamResponse:
        attempt = self._begin(request, context, state, self._coding)
        hold = ReplyHold(self._replies, context.client)
        try:
            response = await attempt.instance.transport.call(
                request, attempt.headers, attempt.deadline_s, hold
            )
        except BaseException as error:
            attempt.failed(error)
            raise
        finally:
            hold.release()
        attempt.succeeded(response.status, len(response.body))
        return response

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        state: CallState,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        attempt = self._begin(request, context, state, _NOT_ENCODED)
        meter = StreamMeter(self.upstream, self._sink, self.clock)
        upload = None if body is None else _counted(body, meter)
        try:
            stream = await attempt.instance.transport.open(
                request, attempt.headers, attempt.deadline_s, upload
            )
        except BaseException as error:
            attempt.failed(error)
            raise
        attempt.succeeded(stream.status, len(stream.whole or b""))
        if stream.whole is not None:
            return stream
        return InstanceStream(
            stream, attempt.instance, context.client, self.clock, meter
        )

    def _begin(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        state: CallState,
        coding: tuple[bytes, bytes],
    ) -> "Attempt":
        """Begin an attempt, which the caller must end; raise `UpstreamUnavailable`."""
        started_s = self.clock.monotonic_s()
        key = self._hash_key(request, context) if self._hash_key else b""
        instance = self._selection.pick(state.tried, PickContext(started_s, key))
        if instance is None:
            message = f"{self.upstream}: no instance is available"
            raise UpstreamUnavailable(message)
        instance.in_flight += 1
        state.tried += (instance,)
        span_id = self._ids.span_id()
        trace = context.trace
        parent = (b"traceparent", trace.header(span_id))
        headers = (*state.headers, coding, parent)
        if trace.b3 is not None:
            others = [line for line in headers if line[0] not in B3_FIELDS]
            headers = (*others, *trace.b3_fields(span_id))
        return Attempt(
            self,
            request,
            context,
            state,
            instance,
            len(state.tried),
            span_id,
            headers,
            started_s,
            min(state.deadline_s, started_s + self.attempt_s),
        )

    def has_untried(self, state: CallState) -> bool:
        return self._selection.has_untried(state.tried, self.clock.monotonic_s())


class Attempt(Struct, eq=False):
    """An attempt in progress, which ends by `succeeded` or `failed`."""

    _attempts: InstanceAttempts
    _request: UpstreamRequest
    _context: RequestContext
    _state: CallState
    instance: Instance
    _number: int
    _span_id: str
    headers: Headers
    _started_s: float
    deadline_s: float

    def succeeded(self, status: int, bytes_in: int = 0) -> None:
        """End with a response, and record its status with the instance."""
        self.instance.in_flight -= 1
        now_s, client = self._attempts.clock.monotonic_s(), self._context.client
        if status < SERVER_ERROR:
            self.instance.succeeded(client, now_s - self._started_s, now_s)
            if self._state.blamed:
                self._clear_of_blame(now_s)
        elif self.instance.responded_with_error(client, status, now_s):
            self._state.blamed += (self.instance,)
        if self._attempts.receive is not None:
            self._emit(self._attempts.receive, status, "ok", bytes_in)

    def _clear_of_blame(self, now_s: float) -> None:
        """Count the failures of other instances: the request is not their cause."""
        for instance in self._state.blamed:
            if instance is not self.instance:
                instance.failed_alone(now_s)
        self._state.blamed = ()

    def failed(self, error: BaseException) -> None:
        """End without a response; may raise another error instead of `error`."""
        self.instance.in_flight -= 1
        try:
            self._record_error(error)
        finally:
            if self._attempts.receive is not None:
                outcome = error.code if isinstance(error, UpstreamError) else _CANCELLED
                self._emit(self._attempts.receive, 0, outcome)

    def _record_error(self, error: BaseException) -> None:
        now_s, client = self._attempts.clock.monotonic_s(), self._context.client
        if isinstance(error, UpstreamError):
            granted_s = self.deadline_s - self._started_s
            # A short deadline of the caller is not a failure of the instance.
            is_short = granted_s < self._attempts.attempt_s / 2
            if is_short and isinstance(error, UpstreamTimeout):
                raise error.counted(as_failure=False) from error
            if error.counts_as_failure and self.instance.failed(
                client, error, granted_s, now_s
            ):
                self._state.blamed += (self.instance,)
        elif self._state.lost_hedge is self.instance:
            self.instance.hedge_lost(client, now_s - self._started_s, now_s)

    def _emit(
        self, receive: EventReceiver, status: int, outcome: str, bytes_in: int = 0
    ) -> None:
        context = self._context
        receive(
            AttemptFinished(
                request_id=context.request_id,
                trace=context.trace,
                span_id=self._span_id,
                parent_id=self._request.parent_id or context.trace.parent_id,
                upstream=self._attempts.upstream,
                instance=self.instance.url,
                endpoint=self._request.endpoint,
                attempt=self._number,
                status=status,
                outcome=outcome,
                started_s=self._started_s,
                ended_s=self._attempts.clock.monotonic_s(),
                bytes_out=len(self._request.body),
                bytes_in=bytes_in,
            )
        )


async def _counted(
    body: AsyncIterable[bytes], meter: StreamMeter
) -> AsyncIterator[bytes]:
    """Yield the parts of an upload, and count them."""
    try:
        async for part in body:
            meter.count(len(part), 0)
            yield part
    finally:
        meter.report()
