"""The traits of a request that select the plan of its operation."""

from weir.gateway.context import RequestContext
from weir.gateway.errors import Forbidden, Unauthenticated
from weir.gateway.identity.decisions import ANONYMOUS_METHOD, Decisions
from weir.gateway.json_types import JSONObject, JSONValue
from weir.resolvers.engine.known_operation import (
    NO_TRAITS,
    KnownOperation,
    RequestTraits,
)
from weir.resolvers.engine.large_variables import coerce_in_turn
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.engine.view import EngineView
from weir.resolvers.operation.authorization import PERMITTED, Decision
from weir.resolvers.operation.refusals import rejection

_RULE = "directives"


async def request_traits(
    known: KnownOperation,
    context: RequestContext,
    stored: JSONObject | None,
    view: EngineView,
    queue: PreparationQueue,
) -> RequestTraits:
    """Return the traits of a request for an operation.

    `stored` are the variables of a stored operation, and None for one of a client.
    Raises Unauthenticated or Forbidden if the view rejects such operations, and
    BadUserInput or PlannerOverloaded for variables that a policy needs.
    """
    labels = view.overrides.active(context)
    if not known.rights.requirements:
        return RequestTraits(labels) if labels else NO_TRAITS
    decision = await _decision(known, context, stored, view, queue)
    if decision is PERMITTED and not labels:
        return NO_TRAITS
    return RequestTraits(labels, decision)


async def _decision(
    known: KnownOperation,
    context: RequestContext,
    stored: JSONObject | None,
    view: EngineView,
    queue: PreparationQueue,
) -> Decision:
    rights = known.rights
    satisfied: frozenset[str] = frozenset()
    if rights.policies:
        # A client may name its operation and its variables as it likes and use
        # others, so that they prove nothing to a policy.
        name, variables = "", dict[str, JSONValue]()
        if stored is not None:
            name = known.operation.name or ""
            variables = await coerce_in_turn(
                known.coercion, stored, queue, context.client
            )
        satisfied = await view.policies.satisfied(
            rights.policies, context, name, variables
        )
    decision = rights.decide(context.identity, satisfied)
    _report(known, context, decision)
    if view.rejects_refused and decision is not PERMITTED:
        raise rejection(rights, decision)
    return decision


def _report(known: KnownOperation, context: RequestContext, decision: Decision) -> None:
    caller = context.identity
    code = ""
    if decision.refused:
        error = Forbidden if caller.authenticated else Unauthenticated
        code = error.row.code
    Decisions(context.sink, _RULE).report(
        context,
        caller,
        caller.method or ANONYMOUS_METHOD,
        code,
        operation=known.operation.name or "",
        fields=known.rights.coordinates(decision),
    )
