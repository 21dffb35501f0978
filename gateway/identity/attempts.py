"""Limits on the work that an address can cause with credentials.

Two limits per client network: verifications of credentials that are not cached, as a
token bucket, and a back-off that grows with each run of wrong credentials. Credentials
that are known already pass both, so that one client cannot lock out the others behind
its address.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.identity.errors import TooManyAttempts

_MAX_CLIENTS: Final = 10_000
_FORGET_AFTER_S: Final = 300.0
_MAX_DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptLimits:
    """`verifications_per_s` of new credentials per client, twice as many at once.

    After `failures` wrong ones, with less than five minutes between any two, a client
    waits for `backoff_s`, doubled with each further one up to `max_backoff_s`.
    """

    verifications_per_s: float = 100.0
    failures: int = 20
    backoff_s: float = 1.0
    max_backoff_s: float = 60.0


@dataclass(slots=True)
class _Client:
    left: float
    at_s: float
    failures: int = 0
    failed_s: float = 0.0
    blocked_until_s: float = 0.0


class Attempts:
    """The counts of attempts by client network; the least recent are dropped."""

    __slots__ = ("_clients", "_clock", "_limits")

    def __init__(self, limits: AttemptLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._clients: OrderedDict[str, _Client] = OrderedDict()

    def begin(self, client: str) -> None:
        """Count one verification before it is made; raise TooManyAttempts."""
        state, now_s = self._client(client), self._clock.monotonic_s()
        if state.blocked_until_s > now_s:
            raise TooManyAttempts(state.blocked_until_s - now_s)
        rate = self._limits.verifications_per_s
        state.left = min(2 * rate, state.left + (now_s - state.at_s) * rate)
        state.at_s = now_s
        if state.left < 1:
            raise TooManyAttempts((1 - state.left) / rate)
        state.left -= 1

    def failed(self, client: str) -> None:
        """Count a wrong credential."""
        state, now_s, limits = (
            self._client(client),
            self._clock.monotonic_s(),
            self._limits,
        )
        if now_s - state.failed_s > _FORGET_AFTER_S:
            state.failures = 0
        state.failures += 1
        state.failed_s = now_s
        beyond = state.failures - limits.failures
        if beyond >= 0:
            wait_s = limits.backoff_s * 2 ** min(beyond, _MAX_DOUBLINGS)
            state.blocked_until_s = now_s + min(wait_s, limits.max_backoff_s)

    def _client(self, client: str) -> _Client:
        state = self._clients.get(client)
        if state is None:
            rate = self._limits.verifications_per_s
            state = self._clients[client] = _Client(2 * rate, self._clock.monotonic_s())
            if len(self._clients) > _MAX_CLIENTS:
                self._clients.popitem(last=False)
        else:
            self._clients.move_to_end(client)
        return state
