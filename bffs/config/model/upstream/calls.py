"""The sections on calls: their times, retries, circuit breaker and concurrency."""

from typing import Annotated

from pydantic import Field

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import (
    Count,
    CountOrZero,
    Delay,
    Duration,
    ErrorStatus,
    Share,
)
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.upstreams.model.policy import (
    BreakerPolicy,
    ConcurrencyPolicy,
    HedgePolicy,
    RetryPolicy,
    TimeoutPolicy,
)

# The defaults are those of the policies.
_TRANSPORT = TransportPolicy()
_TIMEOUT = TimeoutPolicy()
_RETRY = RetryPolicy()
_HEDGE = HedgePolicy()
_BREAKER = BreakerPolicy()
_CONCURRENCY = ConcurrencyPolicy()


class TimeoutSection(Section):
    """Longest times of a call."""

    connect: Duration = _TRANSPORT.connect_s
    """To open a connection."""
    attempt: Duration = _TIMEOUT.attempt_s
    """For one attempt."""
    total: Duration = _TIMEOUT.total_s
    """For the call with its retries."""
    idle: Duration = _TRANSPORT.idle_s
    """Longest silence on a stream."""


class RetrySection(Section):
    """Retries of safe calls; mutations are never retried."""

    attempts: Annotated[int, Field(ge=0, le=5)] = _RETRY.attempts
    """Maximum number of retries of one call; 0 disables them."""
    statuses: list[ErrorStatus] = sorted(_RETRY.statuses)
    """Statuses that are retried, besides calls without a response."""
    budget: Share = _RETRY.budget
    """Largest share of all calls that may be retries, besides ten per second."""
    backoff: Delay = _RETRY.backoff_s
    """Longest wait before the first retry; doubled for each further one."""


class HedgeSection(Section):
    """A second attempt of a slow safe call; the first response is used."""

    after: Duration = _HEDGE.after_s
    """Time without a response after which the second attempt is made."""


class BreakerSection(Section):
    """Circuit breaker: rejects calls at once after too many failures."""

    failures: Count = _BREAKER.failures
    """Consecutive failed calls that open it."""
    failed_share: Share = _BREAKER.failed_share
    """Share of failed calls within `window` that opens it; 100% disables this."""
    window: Duration = _BREAKER.window_s
    """Time over which the share is measured."""
    min_calls: Count = _BREAKER.min_calls
    """Calls within `window` below which the share is ignored."""
    open_for: Duration = _BREAKER.open_for_s
    """Time from opening to the first probe."""
    probes: Count = _BREAKER.probes
    """Successful probes that close it."""


class ConcurrencySection(Section):
    """Concurrency limit; calls beyond it wait or are rejected."""

    max_in_flight: CountOrZero = _CONCURRENCY.max_in_flight
    """Maximum number of calls in flight; 0 is unlimited."""
    max_per_instance: CountOrZero = _CONCURRENCY.max_per_instance
    """Maximum number of calls in flight to one instance; 0 is unlimited."""
    max_waiting: CountOrZero = _CONCURRENCY.max_waiting
    """Maximum number of calls that wait."""
    max_wait: Duration = _CONCURRENCY.max_wait_s
    """Longest time that a call waits."""
    adaptive: bool = _CONCURRENCY.adaptive
    """Adapt the limit to latency, up to `max_in_flight`."""
