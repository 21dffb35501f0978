"""The circuit breakers of one upstream: its own, and those of some operations."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from weir.gateway.events import BreakerChanged
from weir.gateway.upstreams.middleware.breaker.breaker import Breaker, BreakerState
from weir.gateway.upstreams.model.dependencies import Runtime
from weir.gateway.upstreams.model.policy import BreakerPolicy, UpstreamPolicy


@dataclass(frozen=True, slots=True)
class Breakers:
    """Each is told of its own calls alone: what one does says nothing of the others.

    Who acts on the upstream as a whole acts on all of them.
    """

    upstream: Breaker
    operations: Mapping[str, Breaker]

    def of(self, operation: str) -> Breaker:
        """Return the breaker that judges the calls of an operation."""
        return self.operations.get(operation, self.upstream)

    def probe_early(self, now_s: float) -> None:
        """There is evidence from elsewhere that the service is back."""
        for breaker in self._selected(""):
            breaker.probe_early(now_s)

    def reset(self, operation: str, now_s: float) -> None:
        """Close all, or that of one operation (else KeyError)."""
        for breaker in self._selected(operation):
            breaker.reset(now_s)

    def force(self, operation: str, state: BreakerState | None) -> None:
        """Hold all open or closed, or that of one operation (else KeyError)."""
        for breaker in self._selected(operation):
            breaker.forced = state

    def _selected(self, operation: str) -> Iterator[Breaker]:
        if operation:
            yield self.operations[operation]
        else:
            yield self.upstream
            yield from self.operations.values()


def new_breakers(
    policy: UpstreamPolicy,
    before: tuple[UpstreamPolicy, Breakers] | None,
    runtime: Runtime,
) -> Breakers:
    """Return breakers for `policy`; those of `before` live on where theirs is equal."""
    known: dict[tuple[str, BreakerPolicy], Breaker] = {}
    if before is not None:
        known = {
            key: before[1].of(key[0]) for key in _breaker_policies(before[0]).items()
        }
    breakers = {
        key[0]: known.get(key) or _new_breaker(policy.name, *key, runtime)
        for key in _breaker_policies(policy).items()
    }
    return Breakers(breakers.pop(""), breakers)


def _breaker_policies(policy: UpstreamPolicy) -> dict[str, BreakerPolicy]:
    own = {each.name: each.breaker for each in policy.operations if each.breaker}
    return {"": policy.breaker, **own}


def _new_breaker(
    upstream: str, operation: str, policy: BreakerPolicy, runtime: Runtime
) -> Breaker:
    """Return a closed breaker that tells the sink of its transitions."""
    sink = runtime.sink
    tells = sink.wants(BreakerChanged)

    def changed(before: BreakerState, after: BreakerState, now_s: float) -> None:
        if tells:
            sink.emit(
                BreakerChanged(
                    upstream=upstream,
                    operation=operation,
                    before=before.value,
                    after=after.value,
                    at_s=now_s,
                )
            )

    return Breaker(policy, runtime.clock.monotonic_s(), changed)
