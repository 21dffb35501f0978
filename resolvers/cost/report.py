"""The costs of one execution."""

from dataclasses import dataclass

from weir.gateway.json_types import JSONObject
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.operation.work import WorkBudget


@dataclass(frozen=True, slots=True)
class CostReport:
    """The costs of one execution; a `maximum` of None allows any."""

    estimated: int
    actual: int
    maximum: int | None


@dataclass(frozen=True, slots=True)
class RunningCost:
    """The cost of an execution whose replies are not known yet."""

    operation: OperationCost
    estimated: int
    maximum: int | None

    def report(
        self, data: JSONObject, variables: JSONObject, work: WorkBudget
    ) -> CostReport:
        """Return the costs, with that of the merged replies."""
        actual = self.operation.actual(data, variables, work)
        return CostReport(self.estimated, actual, self.maximum)
