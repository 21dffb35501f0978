"""The refusals of rate limits, as events."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from weir.gateway.events import EventReceiver, EventSink, RateLimitRefused
from weir.gateway.limits.errors import RateLimited
from weir.gateway.limits.key import Caller

Take: TypeAlias = Callable[[Caller, float], Coroutine[Any, Any, None] | None]


def reporting(take: Take, sink: EventSink) -> Take:
    """Return a function that does the same, and emits an event for each refusal."""
    receive = sink.receiver(RateLimitRefused)
    if receive is None:
        return take

    async def decided(waiting: Coroutine[Any, Any, None], caller: Caller) -> None:
        try:
            await waiting
        except RateLimited as error:
            report(error, caller, receive)
            raise

    def take_and_report(
        caller: Caller, now_s: float
    ) -> Coroutine[Any, Any, None] | None:
        try:
            waiting = take(caller, now_s)
        except RateLimited as error:
            report(error, caller, receive)
            raise
        return None if waiting is None else decided(waiting, caller)

    return take_and_report


def report(error: RateLimited, caller: Caller, receive: EventReceiver) -> None:
    """Emit the event of a refusal."""
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
