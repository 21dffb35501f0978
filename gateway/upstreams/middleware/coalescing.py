"""Sharing of identical safe calls in flight.

When a popular response expires everywhere at once, its service gets as many equal
calls as there are clients. Here the first of them starts a call, and the others wait
for its response.

The shared call has the upstream's total timeout instead of the deadline of its first
caller, and is cancelled with its last one (`gateway.single_flight`).

After a call that is not safe, newcomers start calls of their own: a client that has
written must not get a response that was on its way before.
"""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from gateway.clock import Clock
from gateway.context import RequestContext
from gateway.single_flight import SharedCallCancelled, SingleFlight, WaitExpired
from gateway.upstreams.call import Upstream, UpstreamRequest, UpstreamResponse
from gateway.upstreams.call_key import CallKey, call_key
from gateway.upstreams.errors import UpstreamTimeout, UpstreamUnavailable


class Coalescing:
    """Shares the responses of safe calls with equal keys."""

    def __init__(self, inner: Upstream, total_s: float, clock: Clock) -> None:
        self._inner = inner
        self._total_s = total_s
        self._clock = clock
        self._calls = SingleFlight[CallKey, UpstreamResponse]()

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        if not request.safe:
            try:
                return await self._inner.call(request, context)
            finally:
                self._calls.detach()
        now_s = self._clock.monotonic_s()
        left_s = request.deadline_s - now_s

        def work() -> Coroutine[Any, Any, UpstreamResponse]:
            shared = request
            if left_s < self._total_s:
                shared = replace(request, deadline_s=now_s + self._total_s)
            return self._inner.call(shared, context)

        key = call_key(request, context.forwarded)
        # The shared call ends by its own timeout: most callers need no timer.
        timeout_s = left_s if left_s < self._total_s else None
        try:
            return await self._calls.run(key, work, timeout_s)
        except WaitExpired as error:
            message = "the shared call took longer than this caller could wait"
            late = UpstreamTimeout(message)
            late.counts_as_failure = False
            raise late from error
        except SharedCallCancelled as error:
            message = "the shared call was cancelled"
            raise UpstreamUnavailable(message) from error
