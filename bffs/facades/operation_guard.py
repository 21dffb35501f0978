"""The access rule of a stored operation, checked for all endpoints that run it."""

from dataclasses import dataclass

from weir.gateway.context import RequestContext
from weir.gateway.errors import Forbidden, Unauthenticated
from weir.gateway.identity.access_rule import AccessRule
from weir.gateway.identity.decisions import ANONYMOUS_METHOD, Decisions
from weir.gateway.identity.policies.policies import Policies
from weir.gateway.json_types import JSONObject
from weir.resolvers.engine.known_operation import Prepared
from weir.resolvers.engine.large_variables import coerce_in_turn
from weir.resolvers.engine.preparation_queue import PreparationQueue


@dataclass(frozen=True, slots=True)
class OperationGuard:
    """Admits the callers of a stored operation."""

    rule: AccessRule
    policies: Policies
    decisions: Decisions
    queue: PreparationQueue

    async def admit(
        self, prepared: Prepared, variables: JSONObject, context: RequestContext
    ) -> None:
        """Raise Unauthenticated or Forbidden for a caller that is not admitted.

        Raises BadUserInput for wrong variables if policies decide, and
        PlannerOverloaded for large ones.
        """
        caller = context.identity
        method = caller.method or ANONYMOUS_METHOD
        name = prepared.operation.name or ""
        try:
            await self._check(prepared, variables, context)
        except (Unauthenticated, Forbidden) as error:
            self.decisions.report(context, caller, method, error.code, operation=name)
            raise
        self.decisions.report(context, caller, method, "", operation=name)

    async def _check(
        self, prepared: Prepared, variables: JSONObject, context: RequestContext
    ) -> None:
        self.rule.check(context.identity)
        if names := self.rule.policies:
            await self.policies.require(
                names,
                context,
                prepared.operation.name or "",
                await coerce_in_turn(
                    prepared.coercion, variables, self.queue, context.client
                ),
            )
