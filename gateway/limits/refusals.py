"""The refusals of rate limits, as events."""

from collections.abc import Coroutine
from typing import Any

from weir.gateway.events import EventSink, RateLimitRefused
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import Caller


class Refusals:
    """An emitter of events for the refusals of rate limits."""

    __slots__ = ("_receive",)

    def __init__(self, sink: EventSink) -> None:
        self._receive = sink.receiver(RateLimitRefused)

    def report(self, error: RateLimited, caller: Caller) -> None:
        """Emit the event of a refusal."""
        if self._receive is None:
            return
        limit, identity = error.limit, caller.identity
        self._receive(
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

    async def watch(self, deciding: Coroutine[Any, Any, None], caller: Caller) -> None:
        """Wait for a decision; report its refusal, and raise it."""
        try:
            await deciding
        except RateLimited as error:
            self.report(error, caller)
            raise
