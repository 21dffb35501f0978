"""The record of a cache's lookups, for events and for the control port."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.events import CacheUsed, EventSink, FallbackUsed
from weir.gateway.transport.message import UpstreamRequest

CacheOutcome: TypeAlias = Literal["hit", "miss", "stale", "revalidated", "bypass"]

_MAX_RECENT: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheLookup:
    """The lookup of one request, with the reason if it was not a hit."""

    request_id: str
    method: str
    path: str
    outcome: CacheOutcome
    reason: str


class CacheLog:
    """The counts of outcomes, and the latest lookups that were not hits."""

    __slots__ = (
        "_clock",
        "_receive_fallback",
        "_receive_lookup",
        "_upstream",
        "counts",
        "recent",
    )

    def __init__(self, upstream: str, clock: Clock, sink: EventSink) -> None:
        self._upstream = upstream
        self._clock = clock
        self._receive_lookup = sink.receiver(CacheUsed)
        self._receive_fallback = sink.receiver(FallbackUsed)
        self.counts: Counter[CacheOutcome] = Counter()
        self.recent: deque[CacheLookup] = deque(maxlen=_MAX_RECENT)

    def add(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        outcome: CacheOutcome,
        reason: str,
        *,
        started_s: float,
    ) -> None:
        """Record a lookup that began at `started_s`, and why it was not a hit."""
        self.counts[outcome] += 1
        if outcome != "hit":
            lookup = CacheLookup(
                request_id=context.request_id,
                method=request.method,
                path=request.path,
                outcome=outcome,
                reason=reason,
            )
            self.recent.append(lookup)
        if self._receive_lookup is not None:
            event = CacheUsed(
                request_id=context.request_id,
                trace=context.trace,
                parent_id=request.parent_id or context.trace.parent_id,
                cache="response",
                key_scope=self._upstream,
                outcome=outcome,
                started_s=started_s,
                ended_s=self._clock.monotonic_s(),
            )
            self._receive_lookup(event)

    def add_fallback(
        self, request: UpstreamRequest, context: RequestContext, reason: str
    ) -> None:
        """Record that a stale response was the fallback of a failed call."""
        if self._receive_fallback is not None:
            event = FallbackUsed(
                request_id=context.request_id,
                trace=context.trace,
                parent_id=request.parent_id or context.trace.parent_id,
                upstream=self._upstream,
                kind="stale",
                reason=reason,
                at_s=self._clock.monotonic_s(),
            )
            self._receive_fallback(event)
