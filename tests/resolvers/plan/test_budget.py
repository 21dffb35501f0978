from contextlib import suppress
from time import thread_time

import pytest

from tests.resolvers.plan.test_plans import CASES
from weir.resolvers.operation import prepare
from weir.resolvers.plan.model.context import Budget, PlanningContext
from weir.resolvers.plan.model.errors import BudgetExceeded
from weir.resolvers.plan.planner import plan_in_stages
from weir.schema.graph.graph import Graph
from weir.schema.graph.supergraph import read_supergraph
from weir.schema.subgraphs.subgraph import Subgraph
from weir.schema.testing import assert_composes


def context(budget: Budget) -> PlanningContext:
    case = next(each.parent for each in CASES if each.parent.name == "chain")
    graph = Graph.of(read_supergraph((case / "supergraph.graphql").read_text()))
    text = (case / "operation.graphql").read_text()
    operation = prepare(text, None, graph.supergraph.api_schema)
    return PlanningContext(graph=graph, operation=operation, budget=budget)


def test_planning_gives_up_when_it_considered_too_many_ways() -> None:
    with pytest.raises(BudgetExceeded, match="3 paths"):
        plan_in_stages(context(Budget(paths=3)))


def test_planning_gives_up_when_it_took_too_long() -> None:
    readings = iter([10.0, 10.5, 99.0])
    budget = Budget(time_s=1.0, clock=lambda: next(readings), check_every=1)

    with pytest.raises(BudgetExceeded, match="1 seconds"):
        plan_in_stages(context(budget))


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
def test_planning_gives_up_in_time_whatever_it_is_at(text: str) -> None:
    composed = assert_composes(*map(many_types, "abc"))
    graph = Graph.of(read_supergraph(composed.supergraph_sdl))
    operation = prepare(text, None, graph.supergraph.api_schema)
    budget = Budget(time_s=0.2, clock=thread_time)
    started_s = thread_time()

    with suppress(BudgetExceeded):
        plan_in_stages(PlanningContext(graph=graph, operation=operation, budget=budget))

    assert thread_time() - started_s < 2
