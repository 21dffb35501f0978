"""The admission of an operation by its estimated cost, before a service is called."""

from weir.gateway.context import RequestContext
from weir.gateway.events import CostExceeded, OperationCosted
from weir.gateway.json_types import JSONObject
from weir.resolvers.cost.errors import SlicingArgumentRequired, TooExpensive
from weir.resolvers.cost.limit import CostRules
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.report import RunningCost


def admit(
    rules: CostRules,
    cost: OperationCost,
    operation: str,
    variables: JSONObject,
    context: RequestContext,
) -> RunningCost:
    """Estimate the cost of an operation with these variables.

    Raises `SlicingArgumentRequired` or `TooExpensive` if the limit is enforced.
    """
    if rules.enforced and (missing := cost.missing_slices(variables)):
        raise SlicingArgumentRequired(missing)
    estimated, maximum = cost.estimate(variables), rules.maximum
    if maximum is not None and estimated > maximum:
        _emit_exceeded(rules, operation, estimated, maximum, context)
        if rules.enforced:
            emit_cost(estimated, None, context)
            raise TooExpensive(estimated, maximum, cost.dearest(variables))
    return RunningCost(cost, estimated, maximum)


def emit_cost(estimated: int, actual: int | None, context: RequestContext) -> None:
    """Report the costs of an operation, None for one that was rejected."""
    if context.sink.wants(OperationCosted):
        context.sink.emit(
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
    if context.sink.wants(CostExceeded):
        context.sink.emit(
            CostExceeded(
                request_id=context.request_id,
                client_type=context.client_type,
                operation=operation,
                estimated=estimated,
                maximum=maximum,
                rejected=rules.enforced,
            )
        )
