"""The circuit breakers of an upstream and of its operations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from weir.gateway.clock import Clock
from weir.gateway.events import BreakerChanged, EventSink
from weir.gateway.upstreams.middleware.breaker.breaker import BreakerState, OnChange
from weir.gateway.upstreams.middleware.breaker.fair_breaker import (
    FairBreaker,
    OnChangeFor,
)
from weir.gateway.upstreams.model.policy import UpstreamPolicy


@dataclass(frozen=True, slots=True)
class Breakers:
    """The breaker of an upstream, and those of operations with an override.

    Each call counts in one breaker only. Resetting or forcing the upstream's breaker
    applies to those of its operations too.
    """

    upstream: FairBreaker
    operations: Mapping[str, FairBreaker]

    def of(self, operation: str) -> FairBreaker:
        """Return the breaker that counts the calls of an operation."""
        return self.operations.get(operation, self.upstream)

    def own(self, operation: str) -> FairBreaker | None:
        """Return the breaker of the operation alone; for "", that of the upstream."""
        return self.operations.get(operation) if operation else self.upstream

    def recent(self, now_s: float) -> tuple[int, int]:
        """Return the recent calls of all operations, and how many of them failed."""
        counts = [each.recent(now_s) for each in self._selected("")]
        return sum(calls for calls, _ in counts), sum(failed for _, failed in counts)

    def probe_early(self, now_s: float) -> None:
        """Move the open breakers to half-open, as an instance has recovered."""
        for breaker in self._selected(""):
            breaker.probe_early(now_s)

    def reset(self, operation: str, now_s: float) -> None:
        """Close all breakers, or that of one operation; raise KeyError without one."""
        for breaker in self._selected(operation):
            breaker.reset(now_s)

    def force(self, operation: str, state: BreakerState | None) -> None:
        """Force all breakers, or that of one operation; raise KeyError without one."""
        for breaker in self._selected(operation):
            breaker.force(state)

    def _selected(self, operation: str) -> Iterator[FairBreaker]:
        if operation:
            yield self.operations[operation]
        else:
            yield self.upstream
            yield from self.operations.values()


def new_breakers(
    policy: UpstreamPolicy, before: Breakers | None, clock: Clock, sink: EventSink
) -> Breakers:
    """Return the breakers for `policy`; reuse those of `before` with equal policies."""
    policies = {each.name: each.breaker for each in policy.operations if each.breaker}
    policies[""] = policy.breaker
    breakers: dict[str, FairBreaker] = {}
    for operation, breaker_policy in policies.items():
        known = before.own(operation) if before else None
        if known is None or known.policy != breaker_policy:
            on_change_for = _emit_changes(policy.name, operation, sink)
            known = FairBreaker(breaker_policy, clock.monotonic_s(), on_change_for)
        breakers[operation] = known
    return Breakers(breakers.pop(""), breakers)


def _emit_changes(upstream: str, operation: str, sink: EventSink) -> OnChangeFor:
    """Return a function that emits the transitions of a breaker to `sink`."""
    receive = sink.receiver(BreakerChanged)

    def on_change_for(client: str) -> OnChange:
        def changed(before: BreakerState, after: BreakerState, now_s: float) -> None:
            if receive is not None:
                receive(
                    BreakerChanged(
                        upstream=upstream,
                        operation=operation,
                        client=client,
                        before=before.value,
                        after=after.value,
                        at_s=now_s,
                    )
                )

        return changed

    return on_change_for
