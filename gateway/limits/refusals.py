"""The refusals of rate limits, as events."""

from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

from weir.gateway.clock import Clock
from weir.gateway.events import EventSink, RateLimitRefused
from weir.gateway.limits.backoff import Backoff, Backoffs
from weir.gateway.limits.caller import Caller
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.policy import RateLimit

NO_BACKOFFS: Final[Mapping[RateLimit, Backoff]] = MappingProxyType({})


def report_refusal(sink: EventSink, error: RateLimited, caller: Caller) -> None:
    """Emit the event of a refusal."""
    receive = sink.receiver(RateLimitRefused)
    if receive is None:
        return
    limit, identity = error.limit, caller.identity
    receive(
        RateLimitRefused(
            scope=limit.scope,
            limit=limit.name,
            client_address=caller.address,
            method=identity.method,
            subject=identity.subject,
            issuer=identity.issuer,
            client_id=identity.client_id,
            backs_off=error.backs_off,
        )
    )


class Limiter(Protocol):
    """Limits that all have to allow a request."""

    def take(self, caller: Caller, now_s: float) -> Coroutine[Any, Any, None] | None:
        """Take a token of each limit; raise RateLimited.

        Return a coroutine with this outcome if it is not known at once.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReportedLimiter:
    """A limiter whose refusals are reported to `sink`, and cause `backoffs`."""

    limiter: Limiter
    sink: EventSink
    clock: Clock
    backoffs: Backoffs

    def take(self, caller: Caller, now_s: float) -> Coroutine[Any, Any, None] | None:
        try:
            self.backoffs.check(caller, now_s)
            deciding = self.limiter.take(caller, now_s)
        except RateLimited as error:
            raise self._refused(error, caller) from None
        return None if deciding is None else self._decided(deciding, caller)

    async def _decided(
        self, deciding: Coroutine[Any, Any, None], caller: Caller
    ) -> None:
        try:
            await deciding
        except RateLimited as error:
            raise self._refused(error, caller) from None

    def _refused(self, error: RateLimited, caller: Caller) -> RateLimited:
        """Report a refusal; return its error, or that of the back-off that begins."""
        report_refusal(self.sink, error, caller)
        return self.backoffs.refused(error, caller, self.clock.monotonic_s())


def reported(
    limiter: Limiter,
    limits: Iterable[RateLimit],
    clock: Clock,
    sink: EventSink,
    backoffs: Mapping[RateLimit, Backoff] = NO_BACKOFFS,
) -> ReportedLimiter:
    """Return a limiter of `limits` with those of `backoffs` that are theirs."""
    own = [backoffs[each] for each in limits if each in backoffs]
    return ReportedLimiter(limiter, sink, clock, Backoffs(own))
