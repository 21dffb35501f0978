from dataclasses import replace
from time import thread_time

import pytest

from tests.resolvers.plan.test_plans import CASES
from weir.resolvers.operation import prepare
from weir.resolvers.operation.work import MAX_STEPS, WorkBudget
from weir.resolvers.plan.model.context import Budget, PlanningContext
from weir.resolvers.plan.model.errors import BudgetExceeded
from weir.resolvers.plan.planner import plan_in_stages
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.subgraphs.subgraph import Subgraph
from weir.schema.testing import assert_composes


def context(case_name: str, steps: int = MAX_STEPS) -> PlanningContext:
    case = next(each.parent for each in CASES if each.parent.name == case_name)
    graph = Graph.of(read_supergraph((case / "supergraph.graphql").read_text()))
    text = (case / "operation.graphql").read_text()
    operation = prepare(text, None, graph.supergraph.api_schema)
    budget = Budget(WorkBudget(steps))
    return PlanningContext(graph=graph, operation=operation, budget=budget)


def test_planning_gives_up_when_it_took_too_many_steps() -> None:
    with pytest.raises(BudgetExceeded, match="more than 100 steps"):
        plan_in_stages(context("chain", steps=100))


def test_planning_is_part_of_the_work_of_the_whole_preparation() -> None:
    work = WorkBudget()
    work.spend(MAX_STEPS - 100)
    planning = replace(context("chain"), budget=Budget(work))

    with pytest.raises(BudgetExceeded):
        plan_in_stages(planning)


def test_many_ways_to_each_entity_are_cut_off_by_their_cost() -> None:
    planning = context("many_ways_to_each_entity")
    plan_in_stages(planning)

    assert planning.budget.work.spent < MAX_STEPS // 4


TYPES = 30
LEVELS = 8


def many_types(name: str) -> Subgraph:
    """Return a subgraph whose interface has many implementations, all entities."""
    fields = " ".join(f"{name}{number}: Int" for number in range(10))
    types = "\n".join(
        f'type T{number} implements Node @key(fields: "id") '
        f"{{ id: ID! child{name}: Node {fields} }}"
        for number in range(TYPES)
    )
    sdl = f"""
      extend schema @link(
        url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
      type Query {{ node{name}: Node }}
      interface Node {{ id: ID! child{name}: Node }}
      {types}
    """
    return Subgraph(name=name, sdl=sdl)


def through_all_subgraphs(levels: int) -> str:
    text = "id"
    for level in range(levels):
        text = f"id child{'abc'[level % 3]} {{ {text} }}"
    return f"{{ nodea {{ {text} }} }}"


def other_fields_for_each_type(levels: int) -> str:
    text = "id"
    for _ in range(levels):
        below = (
            f"childa {{ {text if number == 0 else 'id'} }}" for number in range(TYPES)
        )
        text = " ".join(f"... on T{n} {{ {each} }}" for n, each in enumerate(below))
    return f"{{ nodea {{ {text} }} }}"


@pytest.mark.parametrize(
    "text", [through_all_subgraphs(45), other_fields_for_each_type(LEVELS)]
)
def test_planning_gives_up_after_so_many_steps_whatever_it_is_at(text: str) -> None:
    composed = assert_composes(*map(many_types, "abc"))
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    operation = prepare(text, None, graph.supergraph.api_schema)
    budget = Budget(WorkBudget(200_000))
    started_s = thread_time()

    with pytest.raises(BudgetExceeded):
        plan_in_stages(PlanningContext(graph=graph, operation=operation, budget=budget))

    assert thread_time() - started_s < 2


def test_fields_of_many_types_are_compared_once() -> None:
    composed = assert_composes(*map(many_types, "abc"))
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    operation = prepare(through_all_subgraphs(3), None, graph.supergraph.api_schema)
    budget = Budget()

    plan_in_stages(PlanningContext(graph=graph, operation=operation, budget=budget))

    assert budget.work.spent < MAX_STEPS // 4
