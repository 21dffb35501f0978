"""Retries, on other instances first, within the deadline and the budget."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from random import Random
from typing import Final, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.headers import header, outgoing_headers, with_fields
from weir.gateway.http_time import retry_after_s
from weir.gateway.transport.errors import (
    ReplyMemoryExceeded,
    UpstreamError,
    UpstreamReplyTooLarge,
    UpstreamRequestInvalid,
    UpstreamUnavailable,
)
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.transport import ResponseStream
from weir.gateway.upstreams.middleware.retry.attempt import (
    Attempts,
    CallState,
    is_large,
)
from weir.gateway.upstreams.middleware.retry.budget import RetryBudget
from weir.gateway.upstreams.model.policy import UpstreamPolicy

_FINAL: Final = (
    UpstreamUnavailable,
    UpstreamRequestInvalid,
    UpstreamReplyTooLarge,
    ReplyMemoryExceeded,
)
"""Errors that a retry cannot avoid."""

Outcome: TypeAlias = UpstreamResponse | ResponseStream | UpstreamError


class Retry:
    """Calls and streams with up to `attempts` retries.

    A request that is not safe, or whose body is streamed, is retried only if nothing of
    it was sent. So is a large request without a response. A stream is not retried after
    its head was returned.
    The deadline is that of the request or of the total timeout, whichever is earlier.
    """

    def __init__(
        self,
        attempts: Attempts,
        policy: UpstreamPolicy,
        budget: RetryBudget,
        clock: Clock,
        rng: Random,
    ) -> None:
        self._attempts = attempts
        self._policy = policy.retry
        self._fixed = policy.headers.set
        self._total_s = policy.timeout.total_s
        self._clock = clock
        self._rng = rng
        self._budget = budget

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        state = self._begin(request, context)
        while True:
            try:
                response = await self._attempts.call(request, context, state)
            except UpstreamError as error:
                state.has_failed |= error.counts_as_failure
                is_repeatable = request.safe and not is_large(request)
                wait_s = self._wait_s(state, error, is_repeatable=is_repeatable)
                if wait_s is None:
                    _raise_counted(error, state)
                    raise
            else:
                if response.status not in self._policy.statuses:
                    return response
                wait_s = self._wait_s(state, response, is_repeatable=request.safe)
                if wait_s is None:
                    return response
            await asyncio.sleep(wait_s)

    async def open(
        self,
        request: UpstreamRequest,
        context: RequestContext,
        body: AsyncIterable[bytes] | None = None,
    ) -> ResponseStream:
        state = self._begin(request, context)
        upload = None if body is None else _Upload(body)
        safe = request.safe and upload is None
        while True:
            try:
                stream = await self._attempts.open(request, context, state, upload)
            except UpstreamError as error:
                state.has_failed |= error.counts_as_failure
                is_repeatable = safe and not is_large(request)
                wait_s = self._wait_s(state, error, is_repeatable=is_repeatable)
                if wait_s is None or (upload is not None and upload.has_begun):
                    _raise_counted(error, state)
                    raise
            else:
                if stream.status not in self._policy.statuses:
                    return stream
                wait_s = self._wait_s(state, stream, is_repeatable=safe)
                if wait_s is None:
                    return stream
                await stream.aclose()
            await asyncio.sleep(wait_s)

    def _begin(self, request: UpstreamRequest, context: RequestContext) -> CallState:
        self._budget.call_started()
        headers = outgoing_headers(request.headers, context.forwarded)
        return CallState(
            with_fields(headers, self._fixed) if self._fixed else headers,
            min(request.deadline_s, self._clock.monotonic_s() + self._total_s),
        )

    def _wait_s(
        self, state: CallState, outcome: Outcome, *, is_repeatable: bool
    ) -> float | None:
        """Return the seconds to wait before a retry, or None if there is none.

        Requests that were never sent can always be repeated.
        """
        if len(state.tried) > self._policy.attempts or isinstance(outcome, _FINAL):
            return None
        was_sent = not (isinstance(outcome, UpstreamError) and outcome.nothing_sent)
        if was_sent and not is_repeatable:
            return None
        now_s = self._clock.monotonic_s()
        wait_s = self._pause_s(state, outcome)
        if now_s + wait_s >= state.deadline_s:
            return None
        # Requests that were never sent do not consume the retry budget.
        return None if was_sent and not self._budget.take(now_s) else wait_s

    def _pause_s(self, state: CallState, outcome: Outcome) -> float:
        """Return the delay, which depends on the instance of the retry."""
        unreached = isinstance(outcome, UpstreamError) and outcome.unreached
        if self._attempts.has_untried(state):
            return 0.0 if unreached else self._rng.uniform(0, self._policy.backoff_s)
        pause_s = backoff_s(self._policy.backoff_s, len(state.tried), self._rng)
        return max(pause_s, requested_wait_s(outcome, self._clock.epoch_s()))


class _Upload:
    """A request body that records whether any of it was read."""

    def __init__(self, body: AsyncIterable[bytes]) -> None:
        self._body = body
        self.has_begun = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.has_begun = True
        async for part in self._body:
            yield part


def _raise_counted(error: UpstreamError, state: CallState) -> None:
    """Raise a copy of `error` that counts as a failure if an earlier attempt failed.

    The last attempt alone does not count if its time was short.
    """
    if state.has_failed and not error.counts_as_failure:
        raise error.counted(as_failure=True) from error


def backoff_s(base_s: float, attempts_made: int, rng: Random) -> float:
    """Return a random delay whose limit doubles with each attempt ("full jitter")."""
    return rng.uniform(0, base_s * 2.0 ** (attempts_made - 1))


def requested_wait_s(outcome: Outcome, now_epoch_s: float) -> float:
    """Return the delay in seconds that Retry-After requests, or 0."""
    if isinstance(outcome, UpstreamError):
        return outcome.retry_after_s or 0.0
    value = header(outcome.headers, b"retry-after")
    return 0.0 if value is None else retry_after_s(value, now_epoch_s)
