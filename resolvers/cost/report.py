"""The costs of one execution."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from weir.gateway.json_types import JSONObject
from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.operation.work import WorkBudget


@dataclass(frozen=True, slots=True)
class PartReport:
    """The costs of the part of an execution in one subgraph."""

    estimated: int
    actual: int
    maximum: int | None


@dataclass(frozen=True, slots=True)
class CostReport:
    """The costs of one execution; a `maximum` of None allows any.

    `subgraphs` are its parts in the subgraphs with a limit.
    """

    estimated: int
    actual: int
    maximum: int | None
    subgraphs: Mapping[str, PartReport] = field(default_factory=dict[str, PartReport])


@dataclass(frozen=True, slots=True)
class RunningPart:
    """The cost of an execution, or with the name of a subgraph that of its part."""

    subgraph: str
    cost: OperationCost
    estimated: int
    maximum: int | None

    def actual(self, data: JSONObject, costs: VariableCosts) -> int:
        """Return the cost of the merged replies. Raises `Cancelled`."""
        return self.cost.actual(data, costs)


@dataclass(frozen=True, slots=True)
class RunningCost:
    """The costs of an execution whose replies are not known yet."""

    costs: VariableCosts
    whole: RunningPart
    parts: tuple[RunningPart, ...] = ()

    def report(self, data: JSONObject, work: WorkBudget) -> CostReport:
        """Return the costs, with that of the merged replies. Raises `Cancelled`."""
        costs, whole = replace(self.costs, work=work), self.whole
        parts = {
            each.subgraph: PartReport(
                each.estimated, each.actual(data, costs), each.maximum
            )
            for each in self.parts
        }
        actual = whole.actual(data, costs)
        return CostReport(whole.estimated, actual, whole.maximum, parts)
