"""The seam to named policies: `@policy(policies: [["p"]])` asks for a decision.

Policies are decided once per request, before an operation is planned, and only those
that the operation needs.
"""

from typing import Protocol

from weir.gateway.context import RequestContext


class Policies(Protocol):
    """Decides named policies for a request."""

    async def satisfied(
        self, names: frozenset[str], request: RequestContext
    ) -> frozenset[str]:
        """Return those of `names` that the caller of the request satisfies.

        A name that is not returned is denied, whether it is unknown, undecided or
        failed.
        """
        ...


class NoPolicies:
    """Denies every policy."""

    async def satisfied(
        self, names: frozenset[str], request: RequestContext
    ) -> frozenset[str]:
        del names, request
        return frozenset()


NO_POLICIES = NoPolicies()
