"""Static fallbacks of failed safe calls."""

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
"""A function that returns the fallback of a request, which depends on its operation."""


def may_fall_back(error: UpstreamError) -> bool:
    """Return whether a fallback may replace the missing response.

    This is the case after failures of the service, while its breaker is open, and if
    there is no instance to call. It is not the case if the caller or its request is the
    cause: a short deadline, a response that is too large, too many waiting calls.
    """
    rejected = isinstance(error, CircuitOpen | UpstreamUnavailable)
    return rejected or error.counts_as_failure


class Fallback:
    """The static fallback of calls that failed.

    It is outside the cache: a cached response is preferred, and the fallback must not
    be cached. The response has the fields X-Cache and Cache-Status (RFC 9211).
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
        self._clock = clock
        self._receive = sink.receiver(FallbackUsed)

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        try:
            return await self._inner.call(request, context)
        except UpstreamError as error:
            response, code = self._response(request, error), error.code
            if response is None:
                raise
        if self._receive is not None:
            event = FallbackUsed(
                request_id=context.request_id,
                trace=context.trace,
                parent_id=request.parent_id or context.trace.parent_id,
                upstream=self._upstream,
                kind="static",
                reason=code,
                at_s=self._clock.monotonic_s(),
            )
            self._receive(event)
        labels = (
            (b"x-cache", b"FALLBACK"),
            (b"cache-status", f'weir; detail="fallback: {code}"'.encode()),
        )
        return UpstreamResponse(
            status=response.status,
            headers=response.headers + labels,
            body=response.body,
        )

    def _response(
        self, request: UpstreamRequest, error: UpstreamError
    ) -> StaticResponse | None:
        if not request.safe or not may_fall_back(error):
            return None
        fallback = self._fallback_of(request)
        return None if fallback is None else fallback.response
