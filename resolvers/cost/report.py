"""The costs of one execution."""

from dataclasses import dataclass, replace

from weir.gateway.json_types import JSONObject
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.variable_costs import VariableCosts
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
    costs: VariableCosts
    estimated: int
    maximum: int | None

    def report(self, data: JSONObject, work: WorkBudget) -> CostReport:
        """Return the costs, with that of the merged replies. Raises `Cancelled`."""
        actual = self.operation.actual(data, replace(self.costs, work=work))
        return CostReport(self.estimated, actual, self.maximum)
