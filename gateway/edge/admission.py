"""The limit of requests in flight.

Each request in flight delays the others, as they share one event loop. Once the CPU is
busy, more requests in flight make every response later. By Little's law, the mean
response time is the number in flight divided by the rate of completion. A request above
the limit is therefore rejected before any work.
"""

from weir.gateway.errors import GatewayOverloaded


class AdmissionLimit:
    """The count of requests in flight; each `enter` and `reenter` needs a `leave`."""

    __slots__ = ("_limit", "in_flight")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.in_flight = 0

    def enter(self) -> None:
        """Count a request; raise GatewayOverloaded at the limit."""
        if self.in_flight >= self._limit:
            raise GatewayOverloaded
        self.in_flight += 1

    def reenter(self) -> None:
        """Count a request that was admitted earlier."""
        self.in_flight += 1

    def leave(self) -> None:
        """Stop counting a request."""
        self.in_flight -= 1
