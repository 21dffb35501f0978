"""The tokens of one key in one process: those that it holds, and its share of the rest.

A process takes tokens from the store before it needs them, and holds at most one
lease: the tokens of a quarter of a second at its part of the rate. It uses them without
the store for a second. Then it gives them back with its next call. Without the store,
it uses its share of the limit, with the bucket as full as it was last known to be.

So in any time t at most `burst + rate * t` requests pass, and in addition the tokens
that the processes held at its beginning: at most one lease of each.

No I/O: the time is an argument, and a `Take` is for the store.
"""

from dataclasses import dataclass, replace
from math import ceil, floor, inf
from typing import Final

from weir.gateway.limits.bucket import Decision, Level, Use, decide, level
from weir.gateway.limits.policy import RateLimit

LEASE_S: Final = 0.25
"""A lease has the tokens of this time, at the rate of one process."""
HELD_S: Final = 1.0
_LEAST_LEASED_PER_S: Final = 10.0
"""A process with a lower rate takes single tokens: a lease would be unfair."""
_REFILLED_BELOW: Final = 0.25
"""The share of a lease below which the next one is taken in the background."""
_ROUNDING: Final = 1e-6
"""The part of a token that a sum of times may be too large by."""


@dataclass(frozen=True, slots=True)
class Share:
    """A limit as one of `processes` sees it; `lease` is 0 if it takes single tokens.

    The next lease is taken when fewer tokens than `refilled_below` are left. The value
    of a token that is given back is `returned_s`.
    """

    limit: RateLimit
    processes: int
    alone: RateLimit
    lease: int
    refilled_below: float
    returned_s: float


def share_of(
    limit: RateLimit, processes: int, returned_s: float | None = None
) -> Share:
    """Return the part of one of so many processes.

    A limit that is lowered gives `returned_s` for a token, which is that of its whole
    rate, as the token may have been taken then.
    """
    alone = replace(
        limit,
        window_s=limit.window_s * processes,
        burst=max(1, limit.burst // processes),
    )
    per_s = 1 / alone.interval_s
    lease = min(floor(per_s * LEASE_S), limit.burst // (2 * processes))
    lease = max(1, lease) if per_s >= _LEAST_LEASED_PER_S else 0
    return Share(
        limit,
        processes,
        alone,
        lease=lease,
        refilled_below=lease * _REFILLED_BELOW,
        returned_s=limit.interval_s if returned_s is None else returned_s,
    )


@dataclass(frozen=True, slots=True)
class Take:
    """A call of the store: take `wanted` tokens, or none if there are not `needed`.

    `charge_s` is the time of the tokens that were used without the store, less that of
    the tokens that are given back. `reported_s` is the part of the local state that the
    store knows of by this call. A request needs `own` tokens beside these, which the
    process held. The call `refills` the lease if it wants more than the request needs.
    """

    needed: int
    wanted: int
    charge_s: float
    reported_s: float = 0.0
    own: int = 0
    refills: bool = False


@dataclass(frozen=True, slots=True)
class Granted:
    """The reply of the store: the tokens, and the time until the bucket is full."""

    tokens: int
    full_in_s: float


class Lease:
    """The state of one key in this process.

    `full_at_s` is the instant at which its bucket is full. `_reported_s` is the part of
    it that the store knows: the rest was used without it.
    """

    __slots__ = ("_is_refilling", "_reported_s", "full_at_s", "held", "held_until_s")

    def __init__(self) -> None:
        self.full_at_s = -inf
        self._reported_s = -inf
        self.held = 0
        self.held_until_s = -inf
        self._is_refilling = False

    def matters_s(self, now_s: float) -> float:
        """Return the time until the state is that of a new key."""
        return max(self.full_at_s, self.held_until_s) - now_s

    def peek(self, share: Share, now_s: float) -> Level:
        """Return the tokens left, in the bucket and the lease, as known here.

        Other processes may have taken from a bucket that seems to be full.
        """
        limit = share.alone if self._is_alone else share.limit
        known = level(limit, self.full_at_s, now_s)
        if not self.held or self.held_until_s <= now_s:
            return known
        tokens = known.remaining + self.held
        return Level(min(share.limit.burst, tokens), known.reset_s)

    def use(self, share: Share, now_s: float) -> Use:
        """Return the tokens that the store knew of, and those of this process.

        The shares of other processes are not used, as far as this one knows.
        """
        known_s = max(self._reported_s, now_s)
        own_s = max(0.0, self.full_at_s - known_s)
        tokens = (known_s - now_s) / share.limit.interval_s
        tokens += own_s / share.alone.interval_s
        used = ceil(tokens - _ROUNDING) - self._held(now_s)
        return Use(max(0, min(share.limit.burst, used)), self.peek(share, now_s))

    def take_held(self, share: Share, now_s: float, cost: int) -> Decision | None:
        """Take tokens that this process holds, or reject the request without a call.

        Return None if the store has to be called.
        """
        held = self.held if self.held_until_s > now_s else 0
        if held >= cost:
            self.held -= cost
            return Decision(allowed=True, full_at_s=self.full_at_s, retry_after_s=0.0)
        if self._is_alone:
            return None
        # The bucket of the store is not fuller than this, but for what is given back.
        decision = decide(share.limit, self.full_at_s, now_s, cost - held)
        return None if decision.allowed else decision

    def take_alone(self, share: Share, now_s: float, cost: int) -> Decision:
        """Decide without the store, by the share of this process."""
        own = min(self._held(now_s), cost)
        decision = decide(share.alone, self.full_at_s, now_s, cost - own)
        if decision.allowed:
            self.held -= own
            self.full_at_s = decision.full_at_s
        return decision

    def call(self, share: Share, now_s: float, cost: int) -> Take:
        """Return the call for a request, which uses the held tokens as well."""
        charge_s, reported_s = self._settle(share, now_s)
        own, self.held = self.held, 0
        needed = cost - own
        refills = not self._is_refilling and share.lease > needed
        self._is_refilling |= refills
        wanted = share.lease if refills else needed
        return Take(needed, wanted, charge_s, reported_s, own, refills)

    def refill(self, share: Share, now_s: float) -> Take | None:
        """Return the call for the next lease, or None if it is not time for it."""
        held = self._held(now_s)
        if self._is_refilling or held >= share.refilled_below:
            return None
        if not decide(share.limit, self.full_at_s, now_s, 1).allowed:
            return None
        self._is_refilling = True
        charge_s, reported_s = self._settle(share, now_s)
        return Take(1, share.lease - held, charge_s, reported_s, refills=True)

    def read(self, share: Share, now_s: float) -> Take:
        """Return the call that takes nothing, for a reply with the common state."""
        return Take(0, 0, *self._settle(share, now_s))

    def release(self, share: Share, now_s: float) -> Take | None:
        """Return the call that gives back what is held beyond the lease, if any."""
        excess = self._held(now_s) - share.lease
        if excess <= 0:
            return None
        self.held -= excess
        return Take(0, 0, -excess * share.returned_s)

    def decide_by_reply(
        self, share: Share, take: Take, reply: Granted, sent_s: float, now_s: float
    ) -> Decision:
        """Decide on the request of a call that has its reply in time."""
        self._end(take)
        cost = take.needed + take.own
        allowed = reply.tokens >= take.needed
        self.hold(reply.tokens + take.own - (cost if allowed else 0), now_s)
        self._know(reply, sent_s)
        decision = decide(share.limit, self.full_at_s, sent_s, 0 if allowed else cost)
        return Decision(allowed, decision.full_at_s, decision.retry_after_s)

    def decide_without_reply(self, share: Share, take: Take, now_s: float) -> Decision:
        """Decide on the request of a call without a reply in time."""
        self._end(take)
        self._reported_s -= take.reported_s
        self.hold(take.own, now_s)
        return self.take_alone(share, now_s, take.needed + take.own)

    def refilled(
        self, take: Take, reply: Granted | None, sent_s: float, now_s: float
    ) -> None:
        """Use the reply to a call that no request waits for."""
        self._end(take)
        if reply is None:
            self._reported_s -= take.reported_s
        else:
            self.hold(reply.tokens, now_s)
            self._know(reply, sent_s)

    def receive_late(
        self, share: Share, take: Take, reply: Granted, now_s: float
    ) -> None:
        """Use a late reply: the store knows what its call has reported.

        Its tokens pay for those that were used without it. The others are held.
        """
        self._reported_s += take.reported_s
        known_s, interval_s = max(self._reported_s, now_s), share.alone.interval_s
        unpaid_s = max(0.0, self.full_at_s - known_s)
        paid = min(ceil(unpaid_s / interval_s - _ROUNDING), reply.tokens)
        if paid:
            self._reported_s = min(self.full_at_s, known_s + paid * interval_s)
        self.hold(reply.tokens - paid, now_s)

    def hold(self, tokens: int, now_s: float) -> None:
        """Hold tokens that were taken and not used, for `HELD_S`."""
        if tokens:
            self.held = self._held(now_s) + tokens
            self.held_until_s = now_s + HELD_S

    @property
    def _is_alone(self) -> bool:
        """Whether tokens were used without the store, and it does not know of them."""
        return self.full_at_s > self._reported_s

    def _held(self, now_s: float) -> int:
        return self.held if self.held_until_s > now_s else 0

    def _settle(self, share: Share, now_s: float) -> tuple[float, float]:
        """Return the time to charge in the store, and the local state it reports.

        Each token is reported once, and again if the call has no reply.
        """
        used_s = max(0.0, self.full_at_s - max(self._reported_s, now_s))
        self._reported_s = self.full_at_s
        expired = self.held - self._held(now_s)
        self.held -= expired
        charge_s = used_s / share.processes - expired * share.returned_s
        return charge_s, used_s

    def _know(self, reply: Granted, sent_s: float) -> None:
        if not self._is_alone:
            self.full_at_s = self._reported_s = sent_s + reply.full_in_s

    def _end(self, take: Take) -> None:
        if take.refills:
            self._is_refilling = False
