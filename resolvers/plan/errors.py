"""Why an operation has no plan.

PlanningError
+-- NotPlannable      no subgraph can be reached that resolves a field
+-- BudgetExceeded    looking for a plan took too many steps or too long
"""

from typing import ClassVar

from gateway.errors import ErrorRow, Fault, WeirError

QUERY_NOT_PLANNABLE = ErrorRow(
    code="QUERY_NOT_PLANNABLE",
    fault=Fault.OURS,
    status=500,
    retryable=False,
    message="The services of this graph cannot answer this operation.",
)
PLANNING_BUDGET_EXCEEDED = ErrorRow(
    code="PLANNING_BUDGET_EXCEEDED",
    fault=Fault.CLIENT,
    status=400,
    retryable=False,
    message="The operation is too complex to plan.",
)


class PlanningError(WeirError):
    """An operation without a plan; the answer is an error and `data: null`."""


class NotPlannable(PlanningError):
    """No subgraph that resolves a field can be reached from where it is asked."""

    row: ClassVar[ErrorRow] = QUERY_NOT_PLANNABLE

    def __init__(self, coordinate: str, where: str) -> None:
        super().__init__(f'"{coordinate}" cannot be reached at {where}.')
        self.coordinate = coordinate


class BudgetExceeded(PlanningError):
    """Planning was given up: `limit` is how many of `what` were allowed."""

    row: ClassVar[ErrorRow] = PLANNING_BUDGET_EXCEEDED

    def __init__(self, what: str, limit: float) -> None:
        super().__init__(f"Planning took more than {limit:g} {what}.")


ROWS: tuple[ErrorRow, ...] = (QUERY_NOT_PLANNABLE, PLANNING_BUDGET_EXCEEDED)
