"""Asks a second instance when the first takes its time, and takes the first answer.

For the tail: an instance in a pause of its garbage collector, or a machine in trouble,
costs a wait of `after_s` instead of a timeout. (Dean and Barroso, "The Tail at Scale",
2013.) Only for safe calls, and within the budget of retries: a service that has become
slow as a whole must not get twice the work.
"""

import asyncio
from typing import TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.retry.attempt import (
    SERVER_ERROR,
    Attempts,
    Tries,
)
from weir.gateway.upstreams.middleware.retry.budget import RetryBudget

_Try: TypeAlias = "asyncio.Task[UpstreamResponse]"


class Hedging:
    """Makes an attempt of up to two, on two instances."""

    def __init__(
        self, inner: Attempts, after_s: float, budget: RetryBudget, clock: Clock
    ) -> None:
        self._inner = inner
        self._after_s = after_s
        self._budget = budget
        self._clock = clock

    def has_untried(self, tries: Tries) -> bool:
        return self._inner.has_untried(tries)

    async def attempt(
        self, request: UpstreamRequest, context: RequestContext, tries: Tries
    ) -> UpstreamResponse:
        if not request.safe:
            return await self._inner.attempt(request, context, tries)
        earlier = len(tries.tried)
        racing = [asyncio.create_task(self._inner.attempt(request, context, tries))]
        try:
            await asyncio.wait(racing, timeout=self._after_s)
            if not racing[0].done() and self._may_hedge(tries):
                second = self._inner.attempt(request, context, tries)
                racing.append(asyncio.create_task(second))
            winner = await _winner(racing)
            if winner is not racing[0]:
                tries.beaten = tries.tried[earlier]
            return winner.result()
        finally:
            await _end(racing)

    def _may_hedge(self, tries: Tries) -> bool:
        now_s = self._clock.monotonic_s()
        return self._inner.has_untried(tries) and self._budget.take(now_s)


async def _winner(racing: list[_Try]) -> _Try:
    """Return the first try that was answered well, or else the last to end."""
    running = set(racing)
    while True:
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            if not running or _is_good(one):
                return one


def _is_good(ended: _Try) -> bool:
    return ended.exception() is None and ended.result().status < SERVER_ERROR


async def _end(racing: list[_Try]) -> None:
    """Cancel what still runs and wait for its end, so that nothing is left behind."""
    for one in racing:
        one.cancel()
    await asyncio.gather(*racing, return_exceptions=True)
