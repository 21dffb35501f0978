"""The interface of named policies, as in `@policy(policies: [["p"]])`.

The policies that an operation needs are decided once per request, before the operation
is planned.
"""

from typing import Protocol

from weir.gateway.context import RequestContext


class Policies(Protocol):
    """The decisions on named policies for a request."""

    async def satisfied(
        self, names: frozenset[str], request: RequestContext
    ) -> frozenset[str]:
        """Return the names of the policies that the caller of a request satisfies.

        A name that is not returned is denied, whether it is unknown, undecided or
        failed.
        """
        ...


class NoPolicies:
    """The policies that are all denied."""

    async def satisfied(
        self, names: frozenset[str], request: RequestContext
    ) -> frozenset[str]:
        del names, request
        return frozenset()


NO_POLICIES = NoPolicies()
