"""Repeats attempts: of safe calls, elsewhere, within the deadline and the budget."""

import asyncio
from random import Random
from typing import Final, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.context import RequestContext
from weir.gateway.headers import header, outgoing_headers
from weir.gateway.http_time import retry_after_s
from weir.gateway.transport.errors import (
    UpstreamError,
    UpstreamReplyTooLarge,
    UpstreamRequestInvalid,
    UpstreamUnavailable,
)
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.upstreams.middleware.retry.attempt import Attempts, Tries
from weir.gateway.upstreams.middleware.retry.budget import RetryBudget
from weir.gateway.upstreams.model.policy import UpstreamPolicy

_FINAL: Final = (UpstreamUnavailable, UpstreamRequestInvalid, UpstreamReplyTooLarge)
"""Errors that another attempt would only meet again."""

Outcome: TypeAlias = UpstreamResponse | UpstreamError


class Retry:
    """Makes a call out of attempts.

    A call that is not safe is repeated only where its request never left. This is
    also where a call gets its deadline: the request's, or the total timeout.
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
        self._total_s = policy.timeout.total_s
        self._clock = clock
        self._rng = rng
        self._budget = budget

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        tries = Tries(
            outgoing_headers(request.headers, context.forwarded),
            min(request.deadline_s, self._clock.monotonic_s() + self._total_s),
        )
        self._budget.call_started()
        has_failed = False
        while True:
            try:
                response = await self._attempts.attempt(request, context, tries)
            except UpstreamError as error:
                # A last attempt that was cut short does not count by itself, but the
                # attempts before it do.
                has_failed = has_failed or error.counts_as_failure
                wait_s = self._wait_s(request, tries, error)
                if wait_s is None:
                    if has_failed and not error.counts_as_failure:
                        raise error.counted(as_failure=True) from error
                    raise
            else:
                if response.status not in self._policy.statuses:
                    return response
                wait_s = self._wait_s(request, tries, response)
                if wait_s is None:
                    return response
            await asyncio.sleep(wait_s)

    def _wait_s(
        self, request: UpstreamRequest, tries: Tries, outcome: Outcome
    ) -> float | None:
        """Return the seconds to wait before a repeat, or None if there is none."""
        if len(tries.tried) > self._policy.attempts:
            return None
        if not (request.safe or _never_left(outcome)) or isinstance(outcome, _FINAL):
            return None
        now_s = self._clock.monotonic_s()
        wait_s = self._pause_s(tries, outcome)
        if now_s + wait_s >= tries.deadline_s:
            return None
        # What never left gave the upstream no work: the budget is not for it.
        return wait_s if _never_left(outcome) or self._budget.take(now_s) else None

    def _pause_s(self, tries: Tries, outcome: Outcome) -> float:
        """Return how long to wait, which depends on where the repeat would go."""
        unreached = isinstance(outcome, UpstreamError) and outcome.unreached
        if self._attempts.has_untried(tries):
            return 0.0 if unreached else self._rng.uniform(0, self._policy.backoff_s)
        pause_s = backoff_s(self._policy.backoff_s, len(tries.tried), self._rng)
        return max(pause_s, wait_asked_s(outcome, self._clock.epoch_s()))


class Once:
    """Makes a call out of one attempt, where repeats are off."""

    def __init__(self, attempts: Attempts, total_s: float, clock: Clock) -> None:
        self._attempts = attempts
        self._total_s = total_s
        self._clock = clock

    async def call(
        self, request: UpstreamRequest, context: RequestContext
    ) -> UpstreamResponse:
        headers = outgoing_headers(request.headers, context.forwarded)
        now_s = self._clock.monotonic_s()
        tries = Tries(headers, min(request.deadline_s, now_s + self._total_s))
        return await self._attempts.attempt(request, context, tries)


def _never_left(outcome: Outcome) -> bool:
    return isinstance(outcome, UpstreamError) and outcome.nothing_sent


def backoff_s(base_s: float, attempts_made: int, rng: Random) -> float:
    """Draw a wait from zero to twice the one before ("full jitter")."""
    return rng.uniform(0, base_s * 2.0 ** (attempts_made - 1))


def wait_asked_s(outcome: Outcome, now_epoch_s: float) -> float:
    """Return the seconds that the outcome asks to wait before another attempt."""
    if isinstance(outcome, UpstreamError):
        return outcome.retry_after_s or 0.0
    value = header(outcome.headers, b"retry-after")
    return 0.0 if value is None else retry_after_s(value, now_epoch_s)
