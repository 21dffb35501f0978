"""The rate limits of an upstream.

They are inside the cache, whose responses cost the service nothing, and outside the
shared calls: a caller that is beyond its limit must not decide about the others that
wait for the same response. Retries and hedges do not count.
"""

import asyncio
from collections.abc import AsyncIterable, Sequence
from typing import Final

from weir.gateway.context import RequestContext
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.limiter import LimitStates, RateLimiter
from weir.gateway.limits.queueing import limiter_of
from weir.gateway.limits.refusals import report_refusal, reported
from weir.gateway.transport.errors import UpstreamRateLimited
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.dependencies import Dependencies
from weir.gateway.upstreams.model.upstream import StreamingUpstream, Upstream
from weir.gateway.upstreams.waits import CallWaits

_WAITING: Final = 0.9
"""The share of its time for which a call waits at most.

The rest is for the call, and for the response if its turn does not come.
"""


class RateLimiting:
    """Calls and streams of clients, each of which takes a token of all limits.

    Calls that the gateway makes for itself are not limited: a client must not be able
    to keep it from reading the schema of a service.
    """

    def __init__(
        self,
        calls: Upstream,
        streams: StreamingUpstream,
        states: Sequence[LimitStates],
        waits: CallWaits,
        use: Dependencies,
    ) -> None:
        self._waits = waits
        self._calls = calls
        self._streams = streams
        self._clock, self._sink = use.clock, use.sink
        self._limits = RateLimiter(states)
        self._limiter = reported(
            limiter_of(states, use.clock), self._limits.limits, use.clock, use.sink
        )

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        await self._take(request, context)
        return await self._calls.call(request, context)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        await self._take(request, context)
        return await self._streams.open(request, context, body)

    async def _take(self, request: UpstreamRequest, context: RequestContext) -> None:
        """Take a token of each limit in time; raise UpstreamRateLimited."""
        if not context.method:
            return
        caller = Caller(
            context.client_address, context.client_headers, context.identity
        )
        now_s = self._clock.monotonic_s()
        try:
            waiting = self._limiter.take(caller, now_s)
            if waiting is not None:
                left_s = _WAITING * (request.deadline_s - now_s)
                with self._waits.reported(request, context):
                    async with asyncio.timeout(left_s):
                        await waiting
        except TimeoutError:
            refused = self._limits.exceeded(caller, self._clock.monotonic_s())
            report_refusal(self._sink, refused, caller)
            message = "The call waited for its turn until its time was nearly over."
            raise UpstreamRateLimited(
                message, retry_after_s=refused.retry_after_s
            ) from None
        except RateLimited as error:
            raise UpstreamRateLimited(
                error.detail, retry_after_s=error.retry_after_s
            ) from None
