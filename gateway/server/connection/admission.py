"""The limit of connections: each is served, rejected with 503, or dropped."""

from collections import Counter
from collections.abc import Callable
from enum import Enum

from weir.gateway.server.limits import ConnectionLimits


class Verdict(Enum):
    """The decision about a connection."""

    ADMITTED = "admitted"
    REJECTED = "rejected"
    DROPPED = "dropped"


def _ignored(count: int) -> None:
    del count


class Admission:
    """The count of a listener's connections; every `enter` needs a `leave`.

    `changed` is called with each new count.
    """

    __slots__ = ("_admitted", "_by_address", "_changed", "_limits", "_rejected")

    def __init__(
        self,
        limits: ConnectionLimits,
        changed: Callable[[int], None] = _ignored,
    ) -> None:
        self._limits = limits
        self._changed = changed
        self._admitted = 0
        self._by_address: Counter[str] = Counter()
        self._rejected = 0

    def enter(self, address: str) -> Verdict:
        """Decide on one more connection from `address`."""
        verdict = self._entered(address)
        self._changed(self._admitted + self._rejected)
        return verdict

    def _entered(self, address: str) -> Verdict:
        limits = self._limits
        if (
            self._admitted < limits.connections
            and self._by_address[address] < limits.connections_per_address
        ):
            self._admitted += 1
            self._by_address[address] += 1
            return Verdict.ADMITTED
        # A rejection holds its connection for a moment: their number is bounded too.
        if self._rejected < limits.connections:
            self._rejected += 1
            return Verdict.REJECTED
        return Verdict.DROPPED

    def leave(self, address: str, verdict: Verdict) -> None:
        """Take back what `enter` counted."""
        match verdict:
            case Verdict.ADMITTED:
                self._admitted -= 1
                self._by_address[address] -= 1
                if not self._by_address[address]:
                    del self._by_address[address]
            case Verdict.REJECTED:
                self._rejected -= 1
            case Verdict.DROPPED:
                pass
        self._changed(self._admitted + self._rejected)
