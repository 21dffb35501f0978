"""The errors of operations that have no plan."""

from weir.gateway.errors import Fault, WeirError


class PlanningError(WeirError):
    """An operation without a plan. The response has an error and `data: null`."""


class NotPlannable(
    PlanningError,
    code="QUERY_NOT_PLANNABLE",
    fault=Fault.OURS,
    status=500,
    title="The services of this graph cannot resolve this operation.",
):
    """A field that no reachable subgraph resolves."""

    def __init__(self, coordinate: str, where: str) -> None:
        super().__init__(f'"{coordinate}" cannot be reached at {where}.')
        self.coordinate = coordinate


class BudgetExceeded(
    PlanningError,
    code="PLANNING_BUDGET_EXCEEDED",
    fault=Fault.CLIENT,
    status=400,
    title="The operation is too complex to plan.",
):
    """Planning that took more steps than the preparation of an operation may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"Planning took more than {limit} steps.")
