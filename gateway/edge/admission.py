"""The limit of requests in flight.

Work that waits for its turn in the event loop delays all other work there. Beyond the
power of the machine, more requests in flight make every response late and none sooner:
by Little's law the mean time of a response is the number in flight over the rate at
which they are done. So a request above the limit is rejected before any work.
"""

from weir.gateway.errors import GatewayOverloaded


class AdmissionLimit:
    """Counts the requests in flight; each `enter` and `reenter` has its `leave`."""

    __slots__ = ("_limit", "in_flight")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.in_flight = 0

    def enter(self) -> None:
        """Count a request; raise GatewayOverloaded where no more are admitted."""
        if self.in_flight >= self._limit:
            raise GatewayOverloaded
        self.in_flight += 1

    def reenter(self) -> None:
        """Count a request that was admitted before."""
        self.in_flight += 1

    def leave(self) -> None:
        """Stop to count a request."""
        self.in_flight -= 1
