"""One attempt: an instance is picked, asked, and judged by what it did."""

import asyncio
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.events import AttemptFinished, EventSink
from weir.gateway.headers import Headers
from weir.gateway.ids import IdSource
from weir.gateway.transport.errors import (
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.balancing.balancer import Occasion
from weir.gateway.upstreams.balancing.hash_key import hash_key
from weir.gateway.upstreams.instances.instance import Instance
from weir.gateway.upstreams.instances.selection import Selection
from weir.gateway.upstreams.model.policy import UpstreamPolicy

SERVER_ERROR: Final = 500
_CANCELLED: Final = "CANCELLED"


@dataclass(slots=True)
class Tries:
    """What one call sends, until when, and the instances it has tried."""

    headers: Headers
    deadline_s: float
    tried: tuple[Instance, ...] = ()
    beaten: Instance | None = None
    """The one that was asked first, where a later attempt overtook it."""


class Ended(NamedTuple):
    """An attempt that is over: `number` counts those of its call, from 1."""

    instance: str
    span_id: str
    number: int
    status: int
    outcome: str
    started_s: float


class Attempts(Protocol):
    """Makes one attempt of a call."""

    async def attempt(
        self, request: UpstreamRequest, context: RequestContext, tries: Tries
    ) -> UpstreamResponse: ...

    def has_untried(self, tries: Tries) -> bool:
        """Say whether there is a healthy instance that `tries` has not tried."""
        ...


class InstanceAttempts:
    """Attempts on the instances of one upstream, each within the attempt timeout."""

    def __init__(
        self,
        policy: UpstreamPolicy,
        selection: Selection,
        clock: Clock,
        ids: IdSource,
        sink: EventSink,
    ) -> None:
        self._upstream = policy.name
        self._selection = selection
        self._attempt_s = policy.timeout.attempt_s
        hashes = policy.balancing == "consistent_hash"
        self._hash_key = hash_key(policy.hash_on) if hashes else None
        self._clock = clock
        self._ids = ids
        self._sink = sink
        self.tells = sink.wants(AttemptFinished)

    async def attempt(
        self, request: UpstreamRequest, context: RequestContext, tries: Tries
    ) -> UpstreamResponse:
        started_s = self._clock.monotonic_s()
        instance = self.pick(request, context, tries, started_s)
        number = len(tries.tried)
        deadline_s = min(tries.deadline_s, started_s + self._attempt_s)
        status, outcome = 0, _CANCELLED
        span_id, headers = self.begin_span(context, tries)
        instance.in_flight += 1
        try:
            response = await instance.transport.call(request, headers, deadline_s)
        except UpstreamError as error:
            outcome = error.code
            self.judge_error(error, instance, deadline_s - started_s)
            raise
        except asyncio.CancelledError:
            if tries.beaten is instance:
                now_s = self._clock.monotonic_s()
                instance.was_beaten(now_s - started_s, now_s)
            raise
        else:
            status, outcome = response.status, "ok"
            self.judge_status(status, instance, started_s)
            return response
        finally:
            instance.in_flight -= 1
            if self.tells:
                ended = Ended(instance.url, span_id, number, status, outcome, started_s)
                self.tell(request, context, ended)

    def begin_span(self, context: RequestContext, tries: Tries) -> tuple[str, Headers]:
        """Return the id of a new span, and the header fields of its attempt."""
        span_id = self._ids.span_id()
        traceparent = (b"traceparent", context.trace.header(span_id))
        return span_id, (*tries.headers, traceparent)

    def has_untried(self, tries: Tries) -> bool:
        return self._selection.has_untried(tries.tried, self._clock.monotonic_s())

    def pick(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        tries: Tries,
        now_s: float,
    ) -> Instance:
        """Return the instance to ask; raises `UpstreamUnavailable` if there is none."""
        key = self._hash_key(request, context) if self._hash_key else b""
        instance = self._selection.pick(tries.tried, Occasion(now_s, key))
        if instance is None:
            msg = f"{self._upstream}: none of its instances can be reached"
            raise UpstreamUnavailable(msg)
        tries.tried += (instance,)
        return instance

    def judge_status(self, status: int, instance: Instance, started_s: float) -> None:
        """Tell the instance of an answer."""
        now_s = self._clock.monotonic_s()
        if status < SERVER_ERROR:
            instance.answered(now_s - started_s, now_s)
        else:
            instance.answered_badly(status, now_s)

    def judge_error(
        self, error: UpstreamError, instance: Instance, granted_s: float
    ) -> None:
        """Record a failure of the instance, if it counts as one.

        Raises a copy of a timeout that is due to a short deadline of the caller: it
        does not count.
        """
        if isinstance(error, UpstreamTimeout) and granted_s < self._attempt_s / 2:
            raise error.counted(as_failure=False) from error
        if error.counts_as_failure:
            instance.failed(error, granted_s, self._clock.monotonic_s())

    def tell(
        self, request: UpstreamRequest, context: RequestContext, ended: Ended
    ) -> None:
        """Tell the sink of an attempt."""
        self._sink.emit(
            AttemptFinished(
                request_id=context.request_id,
                trace_id=context.trace.trace_id,
                span_id=ended.span_id,
                parent_id=request.parent_id or context.trace.parent_id,
                upstream=self._upstream,
                instance=ended.instance,
                endpoint=request.endpoint,
                attempt=ended.number,
                status=ended.status,
                outcome=ended.outcome,
                started_s=ended.started_s,
                ended_s=self._clock.monotonic_s(),
            )
        )
