"""Hedged calls: a second attempt if the first is slow; the first response is used.

With an instance in a garbage collection, or on an overloaded machine, a call is delayed
by `after_s` instead of the timeout. (Dean and Barroso, "The Tail at Scale", 2013.) Only
safe calls are hedged, and within the retry budget: a service that is slow as a whole
must not get twice the load. Large requests are not hedged: they are slow by themselves.
"""

import asyncio
from collections.abc import AsyncIterable
from typing import TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.retry.attempt import (
    SERVER_ERROR,
    Attempts,
    CallState,
    is_large,
)
from weir.gateway.upstreams.middleware.retry.budget import RetryBudget

_Attempt: TypeAlias = "asyncio.Task[UpstreamResponse]"


class Hedging:
    """Attempts of up to two calls, on two instances. Streams are not hedged."""

    def __init__(
        self, inner: Attempts, after_s: float, budget: RetryBudget, clock: Clock
    ) -> None:
        self._inner = inner
        self._after_s = after_s
        self._budget = budget
        self._clock = clock

    def has_untried(self, state: CallState) -> bool:
        return self._inner.has_untried(state)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        state: CallState,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        return await self._inner.open(request, context, state, body)

    async def call(
        self, request: UpstreamRequest, context: RequestContext, state: CallState
    ) -> UpstreamResponse:
        if not request.safe or is_large(request):
            return await self._inner.call(request, context, state)
        earlier = len(state.tried)
        racing = [asyncio.create_task(self._inner.call(request, context, state))]
        try:
            await asyncio.wait(racing, timeout=self._after_s)
            if not racing[0].done() and self._may_hedge(state):
                second = self._inner.call(request, context, state)
                racing.append(asyncio.create_task(second))
            winner = await _winner(racing)
            if winner is not racing[0]:
                state.lost_hedge = state.tried[earlier]
            return winner.result()
        finally:
            await _end(racing)

    def _may_hedge(self, state: CallState) -> bool:
        now_s = self._clock.monotonic_s()
        return self._inner.has_untried(state) and self._budget.take(now_s)


async def _winner(racing: list[_Attempt]) -> _Attempt:
    """Return the first attempt that succeeds, or else the last one to end."""
    running = set(racing)
    while True:
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            if not running or _has_succeeded(one):
                return one


def _has_succeeded(ended: _Attempt) -> bool:
    return ended.exception() is None and ended.result().status < SERVER_ERROR


async def _end(racing: list[_Attempt]) -> None:
    """Cancel the attempts that are running; return when all have ended."""
    for one in racing:
        one.cancel()
    await asyncio.gather(*racing, return_exceptions=True)
