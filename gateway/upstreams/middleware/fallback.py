"""Answers safe calls that failed by what is written down for that."""

from collections.abc import Callable
from typing import TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.events import EventSink, FallbackUsed
from weir.gateway.transport.errors import (
    CircuitOpen,
    UpstreamError,
    UpstreamUnavailable,
)
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.policy import FallbackPolicy, StaticResponse
from weir.gateway.upstreams.model.upstream import Upstream

FallbackOf: TypeAlias = Callable[[UpstreamRequest], FallbackPolicy | None]
"""Returns the fallback of a request's calls; it differs by operation."""


def may_fall_back(error: UpstreamError) -> bool:
    """Return whether a fallback may replace the response that is missing.

    It may after failures of the service, while its breaker is open, and if it has no
    instance that can be called. It may not where the caller or its request is the
    cause: its deadline was short, the response is too large, too many calls wait.
    """
    refused = isinstance(error, CircuitOpen | UpstreamUnavailable)
    return refused or error.counts_as_failure


class Fallback:
    """Gives the static answer of an error's fallback, where it has one.

    It stands outside the cache: a kept answer is better, and what is given here must
    not be kept. Who reads the answer is told: X-Cache, and Cache-Status (RFC 9211).
    """

    def __init__(
        self,
        inner: Upstream,
        upstream: str,
        fallback_of: FallbackOf,
        clock: Clock,
        sink: EventSink,
    ) -> None:
        self._inner = inner
        self._fallback_of = fallback_of
        self._upstream = upstream
        self._sink = sink
        self._clock = clock
        self._tells = sink.wants(FallbackUsed)

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        try:
            return await self._inner.call(request, context)
        except UpstreamError as error:
            answer, code = self._answer(request, error), error.code
            if answer is None:
                raise
        if self._tells:
            event = FallbackUsed(
                request_id=context.request_id,
                trace_id=context.trace.trace_id,
                parent_id=request.parent_id or context.trace.parent_id,
                upstream=self._upstream,
                kind="static",
                reason=code,
                at_s=self._clock.monotonic_s(),
            )
            self._sink.emit(event)
        labels = (
            (b"x-cache", b"FALLBACK"),
            (b"cache-status", f'weir; detail="fallback: {code}"'.encode()),
        )
        return UpstreamResponse(
            status=answer.status, headers=answer.headers + labels, body=answer.body
        )

    def _answer(
        self, request: UpstreamRequest, error: UpstreamError
    ) -> StaticResponse | None:
        if not request.safe or not may_fall_back(error):
            return None
        fallback = self._fallback_of(request)
        return None if fallback is None else fallback.answer
