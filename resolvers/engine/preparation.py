"""The two steps of preparing an operation, which only compute.

analyse       text -> parsed, validated, normalised, with the rights that it needs
make_plan     operation, traits of a request -> planned, and bound to the sources
"""

from graphql import GraphQLError, OperationType

from weir.resolvers.cost.admission import MeasuredCost
from weir.resolvers.cost.compile import operation_cost
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.engine.known_operation import (
    KnownOperation,
    Prepared,
    RequestTraits,
)
from weir.resolvers.engine.subgraph_costs import subgraph_costs
from weir.resolvers.engine.view import EngineView
from weir.resolvers.execute.binding import bind
from weir.resolvers.execute.executable import CallerRights, build_executable
from weir.resolvers.execute.response.field_rules import windows
from weir.resolvers.operation.authorization import needed_rights, permitted
from weir.resolvers.operation.document.parsing import first_excess, parse_operation
from weir.resolvers.operation.document.validation import validate_operation
from weir.resolvers.operation.errors import ValidationFailed
from weir.resolvers.operation.operation import Operation, normalise
from weir.resolvers.operation.refusals import refusals
from weir.resolvers.operation.variables.coercion import variable_coercion
from weir.resolvers.operation.variables.hide_arguments import hide_arguments
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.context import Budget
from weir.resolvers.plan.model.nodes import Plan


def analyse(
    view: EngineView,
    text: str,
    operation_name: str | None,
    work: WorkBudget,
    *,
    suggests: bool,
    is_valid: bool = False,
) -> KnownOperation:
    """Parse and validate an operation, without planning it.

    With `suggests`, errors in the document have suggestions. A document that is known
    to be valid for the view, `is_valid`, is not validated again.
    Raises OperationRejected, and the errors of `work`.
    """
    document = parse_operation(text, view.limits, work)
    if not is_valid:
        validate_operation(document, view.schema, work, suggests=suggests)
    hiding = hide_arguments(document, view.schema, view.coordinates)
    operation = normalise(hiding.document, operation_name, view.schema, work)
    _reject_disabled(operation, view)
    hidden = {each.name for each in hiding.hidden}
    return KnownOperation(
        operation=operation,
        coercion=variable_coercion(
            operation, view.schema, hidden, suggests=view.introspection
        ),
        hidden=hiding.hidden,
        rights=needed_rights(operation, view.schema, view.graph.supergraph.access),
        cost=_cost(operation, view, work),
        excess=(
            first_excess(text, view.measured_limits, work)
            if view.measured_limits
            else None
        ),
    )


def make_plan(
    view: EngineView,
    known: KnownOperation,
    traits: RequestTraits,
    work: WorkBudget,
    planned: Plan | None = None,
) -> Prepared:
    """Plan an operation for requests with these traits, unless it is `planned`.

    Raises OperationRejected, PlanningError, and the errors of `work`.
    """
    refused = refusals(known.rights, traits.decision)
    allowed = known.operation
    if refused:
        allowed = permitted(known.operation, refused, view.schema, work)
    planned = planned or _planned(view, allowed, traits, work)
    work.check()
    executable = build_executable(
        known.operation,
        planned,
        view.schema,
        view.graph.supergraph.declared,
        work,
        rights=CallerRights(
            refused,
            is_restricted=bool(known.rights.requirements),
            is_conditional=bool(known.rights.policies),
        ),
        rules=view.field_rules,
    )
    work.check()
    return Prepared(
        known.operation,
        executable,
        bind(planned, view.sources, windows(view.field_rules)),
        known.coercion,
        known.hidden,
        _measured(known.cost, planned, view, work),
    )


def _planned(
    view: EngineView, operation: Operation, traits: RequestTraits, work: WorkBudget
) -> Plan:
    # Gateways whose operations are all compiled do not import the planner.
    from weir.resolvers.plan.planner import plan  # noqa: PLC0415

    return plan(operation, view.graph, traits.labels, Budget(work=work))


def _cost(
    operation: Operation, view: EngineView, work: WorkBudget
) -> OperationCost | None:
    rules = view.costs
    if rules is None:
        return None
    return operation_cost(operation, view.schema, rules.table, rules.list_size, work)


def _measured(
    cost: OperationCost | None, planned: Plan, view: EngineView, work: WorkBudget
) -> MeasuredCost | None:
    if cost is None or view.costs is None:
        return None
    limited = view.costs.subgraphs
    if not limited:
        return MeasuredCost(cost)
    return MeasuredCost(cost, subgraph_costs(cost, planned, limited, work))


def _reject_disabled(operation: Operation, view: EngineView) -> None:
    if operation.introspects and not view.introspection:
        message = "Introspection is disabled."
        raise ValidationFailed([GraphQLError(message)])
    if operation.kind is OperationType.SUBSCRIPTION:
        message = "Subscriptions are not supported."
        raise ValidationFailed([GraphQLError(message, operation.definition)])
