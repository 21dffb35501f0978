"""Why an operation has no plan.

PlanningError
+-- NotPlannable      no subgraph can be reached that resolves a field
+-- BudgetExceeded    looking for a plan took too many steps or too long
"""

from gateway.errors import Fault, WeirError


class PlanningError(WeirError):
    """An operation without a plan; the answer is an error and `data: null`."""


class NotPlannable(
    PlanningError,
    code="QUERY_NOT_PLANNABLE",
    fault=Fault.OURS,
    status=500,
    title="The services of this graph cannot answer this operation.",
):
    """No subgraph that resolves a field can be reached from where it is asked."""

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
    """Planning was given up: `limit` is how many of `what` were allowed."""

    def __init__(self, what: str, limit: float) -> None:
        super().__init__(f"Planning took more than {limit:g} {what}.")
