"""Answers safe calls that failed by what is written down for that."""

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.events import EventSink, FallbackUsed
from weir.gateway.transport.errors import UpstreamError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.model.upstream import Upstream


class FallingBack:
    """Gives the static answer of an error's fallback, where it has one.

    It stands outside the cache: a kept answer is better, and what is given here must
    not be kept. Who reads the answer is told: X-Cache, and Cache-Status (RFC 9211).
    """

    def __init__(
        self, inner: Upstream, upstream: str, sink: EventSink, clock: Clock
    ) -> None:
        self._inner = inner
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
            fallback = error.fallback
            if not request.safe or fallback is None or fallback.answer is None:
                raise
            answer, code = fallback.answer, error.code
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
