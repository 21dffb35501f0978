import pytest

from resolvers.operation import prepare
from resolvers.plan.context import Budget, PlanningContext
from resolvers.plan.errors import BudgetExceeded
from resolvers.plan.planner import plan_in_stages
from schema.graph.graph import Graph
from schema.supergraph import read_supergraph
from tests.resolvers.plan.test_plans import CASES


def context(budget: Budget) -> PlanningContext:
    case = next(each.parent for each in CASES if each.parent.name == "chain")
    graph = Graph.of(read_supergraph((case / "supergraph.graphql").read_text()))
    text = (case / "operation.graphql").read_text()
    operation = prepare(text, None, graph.supergraph.api_schema)
    return PlanningContext(graph=graph, operation=operation, budget=budget)


def test_planning_gives_up_when_it_considered_too_many_ways() -> None:
    with pytest.raises(BudgetExceeded, match="3 ways"):
        plan_in_stages(context(Budget(ways=3)))


def test_planning_gives_up_when_it_took_too_long() -> None:
    readings = iter([10.0, 10.5, 99.0])
    budget = Budget(time_s=1.0, clock=lambda: next(readings), look_every=1)

    with pytest.raises(BudgetExceeded, match="1 seconds"):
        plan_in_stages(context(budget))
