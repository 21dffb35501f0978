"""The interface of named policies, as in `@policy(policies: [["p"]])`.

The policies that an operation needs are decided once per request, before the operation
is planned.
"""

from typing import Protocol

from weir.gateway.context import RequestContext
from weir.gateway.json_types import JSONObject


class Policies(Protocol):
    """The decisions on named policies for a request."""

    async def satisfied(
        self,
        names: frozenset[str],
        request: RequestContext,
        operation: str,
        variables: JSONObject,
    ) -> frozenset[str]:
        """Return the names of the policies that the caller of a request satisfies.

        `operation` is the name of a stored operation, or "". Its `variables` are
        coerced. A name that is not returned is denied, whether it is unknown, undecided
        or failed.
        """
        ...


class NoPolicies:
    """The policies that are all denied."""

    async def satisfied(
        self,
        names: frozenset[str],
        request: RequestContext,
        operation: str,
        variables: JSONObject,
    ) -> frozenset[str]:
        del names, request, operation, variables
        return frozenset()


NO_POLICIES = NoPolicies()
