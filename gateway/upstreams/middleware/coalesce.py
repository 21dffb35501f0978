"""Sharing of identical safe calls in flight.

Without this, a service gets as many identical calls as there are clients when a popular
response expires. Here the first caller starts a call, and the others wait for its
response.

Only calls of the same override are shared, because the timeouts, breaker and fallback
of another override must not decide the outcome of a call. The shared call has the total
timeout instead of the deadline of its first caller, and is cancelled with its last
caller (`gateway.concurrency.single_flight`). Its response takes memory of the first
caller's client. If that client has none left, the callers of other clients share a
second call. If that one fails in the same way, they make calls of their own.

After a call that is not safe, later callers start new calls: a client that has written
must not get a response that was requested before. The same applies to the reads of a
mutation, which may be of another service than its write.
"""

from functools import partial
from typing import Final

from msgspec.structs import replace

from weir.gateway.clock import Clock
from weir.gateway.concurrency.single_flight import (
    SharedCallCancelled,
    SingleFlight,
    WaitExpired,
)
from weir.gateway.context import RequestContext
from weir.gateway.headers import header
from weir.gateway.transport.errors import (
    ReplyMemoryExceeded,
    UpstreamError,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.overrides import NO_OVERRIDE, PolicyOverrides
from weir.gateway.upstreams.model.call_key import CallKey, call_key
from weir.gateway.upstreams.model.upstream import Upstream
from weir.gateway.upstreams.writes import Writes

_SHARED_CALLS: Final = 2
"""The shared calls that a caller takes part in before it makes one of its own."""


class Coalescing:
    """The sharing of safe calls with equal keys."""

    def __init__(
        self,
        inner: Upstream,
        overrides: PolicyOverrides,
        clock: Clock,
        writes: Writes,
        *,
        returns_cookies: bool = False,
    ) -> None:
        self._inner = inner
        self._returns_cookies = returns_cookies
        self._overrides = overrides
        self._clock = clock
        self._writes = writes
        self._calls = SingleFlight[tuple[str, CallKey], UpstreamResponse]()

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        if not request.safe:
            try:
                return await self._inner.call(request, context)
            finally:
                self.write_ended()
        if context.writes:
            self._calls.detach()
            return await self._inner.call(request, context)
        for _ in range(_SHARED_CALLS):
            try:
                return await self._shared(request, context)
            except ReplyMemoryExceeded as error:
                if error.client in ("", context.client):
                    raise
        return await self._inner.call(request, context)

    async def _shared(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        overrides = self._overrides
        override = overrides.name_of(request) if overrides.operations else NO_OVERRIDE
        total_s = overrides.policies[override].timeout.total_s
        now_s = self._clock.monotonic_s()
        left_s = request.deadline_s - now_s
        shared, timeout_s = request, None
        # The shared call has a timeout of its own, so most callers need no timer.
        if left_s < total_s:
            shared, timeout_s = replace(request, deadline_s=now_s + total_s), left_s
        key = override, call_key(request, context.forwarded)
        own_calls: list[UpstreamResponse] = []
        returns_cookies = self._returns_cookies or request.of_client
        work = (
            partial(self._recorded, own_calls, shared, context)
            if returns_cookies
            else partial(self._inner.call, shared, context)
        )
        try:
            response = await self._calls.run(key, work, timeout_s)
        except (WaitExpired, SharedCallCancelled) as error:
            raise _upstream_error(error) from error
        if returns_cookies and not own_calls and _sets_cookie(response):
            # A cookie is for one client.
            return await self._inner.call(request, context)
        return response

    def write_ended(self) -> None:
        """Let later callers start new calls, as something has been written."""
        self._calls.detach()
        self._writes.ended += 1

    async def _recorded(
        self,
        made: list[UpstreamResponse],
        request: UpstreamRequest,
        context: RequestContext,
    ) -> UpstreamResponse:
        """Make the shared call; record in `made` that this caller has begun it."""
        response = await self._inner.call(request, context)
        made.append(response)
        return response


def _upstream_error(error: WaitExpired | SharedCallCancelled) -> UpstreamError:
    if isinstance(error, WaitExpired):
        message = "the shared call took longer than this caller could wait"
        return UpstreamTimeout(message, counts_as_failure=False)
    return UpstreamUnavailable("the shared call was cancelled")


def _sets_cookie(response: UpstreamResponse) -> bool:
    return header(response.headers, b"set-cookie") is not None
