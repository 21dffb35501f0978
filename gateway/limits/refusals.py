"""The refusals of rate limits, as events."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from weir.gateway.events import EventSink, RateLimitRefused
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import Caller


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
    """A limiter whose refusals are reported to `sink`."""

    limiter: Limiter
    sink: EventSink

    def take(self, caller: Caller, now_s: float) -> Coroutine[Any, Any, None] | None:
        try:
            deciding = self.limiter.take(caller, now_s)
        except RateLimited as error:
            report_refusal(self.sink, error, caller)
            raise
        return None if deciding is None else self._decided(deciding, caller)

    async def _decided(
        self, deciding: Coroutine[Any, Any, None], caller: Caller
    ) -> None:
        try:
            await deciding
        except RateLimited as error:
            report_refusal(self.sink, error, caller)
            raise
