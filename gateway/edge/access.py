"""The type of access rules, which identify callers and admit them to a route."""

from typing import Protocol

from weir.gateway.context import RequestContext
from weir.gateway.edge.request import RequestHead


class Access(Protocol):
    """The identification of callers, and their admission to a route.

    Both methods return the context of the identified caller, and raise a `WeirError`
    for a caller who is not admitted.
    """

    def admit_now(
        self, head: RequestHead, context: RequestContext
    ) -> RequestContext | None:
        """Admit a caller without waiting; return None if that is not possible."""
        ...

    async def admit(self, head: RequestHead, context: RequestContext) -> RequestContext:
        """Admit a caller for whom `admit_now` has returned None."""
        ...
