"""From a normalised operation to the fetches that answer it. Sans-I/O.

    walk     positions of the response, and the goals at them
    choose   for each goal, in which subgraph it is fetched and how that is reached
    fetches  steps and what they wait for; passes that merge and order them
    print    documents, representations, requests shared by steps of one stage

Each stage has a text form (`python -m resolvers.plan --stage ...`).
"""

from dataclasses import dataclass, field

from resolvers.operation.operation import Operation
from resolvers.plan.choose.choosing import Choice, choose
from resolvers.plan.context import Budget, PlanningContext
from resolvers.plan.fetches.fetch_graph import FetchGraph, build_fetch_graph
from resolvers.plan.fetches.passes import improve
from resolvers.plan.nodes import Plan
from resolvers.plan.printing.nodes import build_plan
from resolvers.plan.walk.walker import Walker
from schema.graph.graph import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The artefact of each stage of one planning run."""

    choice: Choice
    fetches: FetchGraph
    plan: Plan


def plan(
    operation: Operation, graph: Graph, overrides: frozenset[str] = frozenset()
) -> Plan:
    """Plan an operation, with these override labels active.

    Deterministic. Raises `PlanningError`: `NotPlannable` or `BudgetExceeded`.
    """
    return plan_in_stages(
        PlanningContext(graph=graph, operation=operation, overrides=overrides)
    ).plan


def plan_in_stages(context: PlanningContext) -> Stages:
    """Plan an operation, and keep what each stage made."""
    walker = Walker(context)
    goals = walker.operation()
    choice = choose(context, walker, goals)
    fetches = improve(build_fetch_graph(choice))
    return Stages(choice=choice, fetches=fetches, plan=build_plan(context, fetches))
