"""The circuit breaker around calls and streams."""

from collections.abc import AsyncIterable

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.errors import CircuitOpen, UpstreamError
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.breaker.breaker import Breaker
from weir.gateway.upstreams.middleware.breaker.fair_breaker import FairBreaker
from weir.gateway.upstreams.middleware.retry.attempt import SERVER_ERROR
from weir.gateway.upstreams.model.upstream import StreamingUpstream


class CircuitBreaking:
    """The rejection of calls and streams while the breaker is open.

    It is outside the retries, so that the breaker counts final outcomes only. The
    outcome of a stream is that of its head.
    """

    def __init__(
        self,
        inner: StreamingUpstream,
        upstream: str,
        breaker: FairBreaker,
        clock: Clock,
    ) -> None:
        self._inner = inner
        self._upstream = upstream
        self._breaker = breaker
        self._clock = clock

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        client, now_s = context.client, self._clock.monotonic_s()
        breaker = self._breaker.of(client)
        permit = breaker.admit(now_s)
        if permit is None:
            raise self._rejection(breaker, now_s)
        try:
            response = await self._inner.call(request, context)
        except BaseException as error:
            self._record_error(error, breaker, permit, client)
            raise
        now_s = self._clock.monotonic_s()
        if response.status < SERVER_ERROR:
            breaker.succeeded(permit, now_s)
        else:
            self._breaker.failed(breaker, permit, client, now_s)
        return response

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        client, now_s = context.client, self._clock.monotonic_s()
        breaker = self._breaker.of(client)
        permit = breaker.admit(now_s)
        if permit is None:
            raise self._rejection(breaker, now_s)
        try:
            stream = await self._inner.open(request, context, body)
        except BaseException as error:
            self._record_error(error, breaker, permit, client)
            raise
        now_s = self._clock.monotonic_s()
        if stream.status < SERVER_ERROR:
            breaker.succeeded(permit, now_s)
        else:
            self._breaker.failed(breaker, permit, client, now_s)
        return stream

    def _rejection(self, breaker: Breaker, now_s: float) -> CircuitOpen:
        message = f"{self._upstream}: its circuit breaker is open"
        return CircuitOpen(message, retry_after_s=breaker.retry_after_s(now_s))

    def _record_error(
        self, error: BaseException, breaker: Breaker, permit: int, client: str
    ) -> None:
        if isinstance(error, UpstreamError) and error.counts_as_failure:
            now_s = self._clock.monotonic_s()
            self._breaker.failed(breaker, permit, client, now_s)
        else:
            breaker.abandoned(permit)
