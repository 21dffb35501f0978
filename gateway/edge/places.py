"""How many requests are worked on at once; one more is refused before any work.

Work that waits for its turn in the event loop delays all other work there, so what is
beyond the machine's power makes every answer late and none sooner. A bound on the
requests in progress bounds that delay: by Little's law the mean time of an answer is
the number in progress over the rate at which they are done.
"""

from types import TracebackType

from weir.gateway.edge.route import RoutePolicy
from weir.gateway.errors import GatewayOverloaded


class Places:
    """One place for each request in progress; a context in which one is taken."""

    __slots__ = ("_limit", "taken")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken = 0

    def check(self, policy: RoutePolicy) -> None:
        """Raise GatewayOverloaded where no place is left for a request of a route.

        Health is served in an overload as well: a gateway that is busy must not be
        restarted for it.
        """
        if self.taken >= self._limit and policy.admission:
            raise GatewayOverloaded

    def __enter__(self) -> None:
        self.taken += 1

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.taken -= 1
