"""The admission of an operation by its estimated cost, before a service is called."""

from dataclasses import dataclass

from weir.gateway.context import RequestContext
from weir.gateway.events import CostExceeded, OperationCosted
from weir.resolvers.cost.errors import SlicingArgumentRequired, TooExpensive
from weir.resolvers.cost.lengths import RequiredSlice
from weir.resolvers.cost.limit import CostRules
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.report import RunningCost
from weir.resolvers.cost.variable_costs import VariableCosts


@dataclass(frozen=True, slots=True)
class Assessment:
    """The estimate of an operation, and the reasons to reject it."""

    running: RunningCost
    missing: list[tuple[RequiredSlice, int]]
    dearest: list[tuple[str, int]]


def assess(rules: CostRules, cost: OperationCost, costs: VariableCosts) -> Assessment:
    """Estimate the cost of an operation with these variables. Raises `Cancelled`."""
    estimated, maximum = cost.estimate(costs), rules.maximum
    exceeds = maximum is not None and estimated > maximum
    return Assessment(
        RunningCost(cost, costs, estimated, maximum),
        cost.missing_slices(costs) if rules.enforced else [],
        cost.dearest(costs) if rules.enforced and exceeds else [],
    )


def admit(
    rules: CostRules, found: Assessment, operation: str, context: RequestContext
) -> RunningCost:
    """Return the cost of an operation that may run, and report one that exceeds.

    Raises `SlicingArgumentRequired` or `TooExpensive` if the limit is enforced.
    """
    if found.missing:
        raise SlicingArgumentRequired(found.missing)
    estimated, maximum = found.running.estimated, rules.maximum
    if maximum is not None and estimated > maximum:
        _emit_exceeded(rules, operation, estimated, maximum, context)
        if rules.enforced:
            emit_cost(estimated, None, context)
            raise TooExpensive(estimated, maximum, found.dearest)
    return found.running


def emit_cost(estimated: int, actual: int | None, context: RequestContext) -> None:
    """Report the costs of an operation, None for one that was rejected."""
    receive = context.sink.receiver(OperationCosted)
    if receive is not None:
        receive(
            OperationCosted(
                client_type=context.client_type, estimated=estimated, actual=actual
            )
        )


def _emit_exceeded(
    rules: CostRules,
    operation: str,
    estimated: int,
    maximum: int,
    context: RequestContext,
) -> None:
    receive = context.sink.receiver(CostExceeded)
    if receive is not None:
        receive(
            CostExceeded(
                request_id=context.request_id,
                client_type=context.client_type,
                operation=operation,
                estimated=estimated,
                maximum=maximum,
                rejected=rules.enforced,
            )
        )
