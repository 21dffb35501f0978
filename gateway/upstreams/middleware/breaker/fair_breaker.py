"""A circuit breaker that one client alone cannot open for the others.

There are two breakers with the same policy. The failures of one client, the suspect,
count in a breaker of its own, and open that one. All other calls count in the shared
breaker. If the service is down, its other clients fail as well, and open the shared
breaker. It rejects the calls of all clients.

A half-open breaker admits few calls. If one of them fails, and no other client's call
has failed before, it only opens the client's own breaker. So one client cannot prolong
an outage by its own failures either.
"""

from collections.abc import Callable
from typing import TypeAlias

from weir.gateway.upstreams.blame.recent_clients import RECENT_S
from weir.gateway.upstreams.blame.suspect import Suspect
from weir.gateway.upstreams.middleware.breaker.breaker import (
    Breaker,
    BreakerState,
    OnChange,
)
from weir.gateway.upstreams.model.policy import BreakerPolicy

OnChangeFor: TypeAlias = Callable[[str], OnChange]
"""A function that returns the handler of changes for one client, or for all ("")."""


class FairBreaker:
    """The breaker of all clients, and that of the suspect."""

    __slots__ = ("_on_change_for", "_own", "_shared", "_suspect", "policy")

    def __init__(
        self, policy: BreakerPolicy, now_s: float, on_change_for: OnChangeFor
    ) -> None:
        self.policy = policy
        self._on_change_for = on_change_for
        self._shared = Breaker(policy, now_s, on_change_for(""))
        self._own = self._shared
        self._suspect = Suspect()

    @property
    def forced(self) -> BreakerState | None:
        """The forced state for all clients, for drills."""
        return self._shared.forced

    def force(self, state: BreakerState | None) -> None:
        self._shared.forced = state

    def shown(self, now_s: float) -> Breaker:
        """Return the breaker to report: the suspect's only if the other is closed."""
        return self._shared if self.client(now_s) is None else self._own

    def client(self, now_s: float) -> str | None:
        """Return the client whose calls alone are rejected; None for none, or all."""
        is_closed = self._shared.state is BreakerState.CLOSED
        return self._suspect.client if is_closed and self._blocks(now_s) else None

    def recent(self, now_s: float) -> tuple[int, int]:
        """Return the recent calls, and how many failed, without the suspect's own."""
        return self._shared.recent(now_s)

    def of(self, client: str) -> Breaker:
        """Return the breaker that admits the calls of a client."""
        shared = self._shared
        if client != self._suspect.client or shared.forced is not None:
            return shared
        return shared if shared.state is BreakerState.OPEN else self._own

    def failed(self, breaker: Breaker, permit: int, client: str, now_s: float) -> None:
        """Record a failed call of a client, which `breaker` had admitted."""
        shared = self._shared
        if breaker is not shared:
            if breaker is self._own:
                self._suspect.failed(client, now_s)
                breaker.failed(permit, now_s)
        elif shared.counts(permit) and self._is_blamed(client, now_s):
            shared.abandoned(permit)
            self._blame(now_s)
        else:
            shared.failed(permit, now_s)
            if shared.state is BreakerState.OPEN:
                self._suspect.clear()

    def probe_early(self, now_s: float) -> None:
        """Move from open to half-open, as an instance has recovered."""
        self._shared.probe_early(now_s)
        self._own.probe_early(now_s)

    def reset(self, now_s: float) -> None:
        """Close the breaker for all clients, and clear its counts."""
        self._suspect.clear()
        self._own.reset(now_s)
        self._shared.reset(now_s)

    def _blocks(self, now_s: float) -> bool:
        """Return whether the suspect is rejected, or was a moment ago."""
        own, longest_s = self._own, self.policy.open_for_s + RECENT_S
        if self._suspect.client is None:
            return False
        return own.state is not BreakerState.CLOSED and now_s - own.since_s <= longest_s

    def _new_own(self, client: str, now_s: float) -> Breaker:
        """Return a breaker for one client.

        When it closes, the next calls of the client may close the shared one as well.
        """
        on_change = self._on_change_for(client)

        def changed(before: BreakerState, after: BreakerState, now_s: float) -> None:
            on_change(before, after, now_s)
            is_closed = after is BreakerState.CLOSED
            if is_closed and self._shared.state is BreakerState.HALF_OPEN:
                self._suspect.clear()

        return Breaker(self.policy, now_s, changed)

    def _is_blamed(self, client: str, now_s: float) -> bool:
        """Return whether the failure of a client is that of the suspect alone."""
        before = self._suspect.client
        if self._blocks(now_s):
            return client == before
        is_alone = self._suspect.failed(client, now_s)
        if self._suspect.client != before:
            self._own = self._new_own(client, now_s)
        return is_alone

    def _blame(self, now_s: float) -> None:
        """Count a failure in the suspect's own breaker, unless that is open."""
        own = self._own
        if own.state is not BreakerState.CLOSED:
            return
        if self._shared.state is BreakerState.HALF_OPEN:
            own.trip(now_s)
        elif (epoch := own.admit(now_s)) is not None:
            own.failed(epoch, now_s)
