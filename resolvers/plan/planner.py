"""The stages of planning, from a normalised operation to fetches. Sans-I/O.

    walk      positions of the response, and the goals at them
    choose    a subgraph for each goal, and the path to it
    fetches   steps and their dependencies; passes that merge and order them
    printing  documents, representations, requests shared by steps of one stage

Each stage has a text form (`weir plan --stage ...`).
"""

from dataclasses import dataclass

from weir.resolvers.operation.operation import Operation
from weir.resolvers.plan.choose.choosing import choose
from weir.resolvers.plan.choose.solver import Choices
from weir.resolvers.plan.fetches.fetch_graph import FetchGraph, build_fetch_graph
from weir.resolvers.plan.fetches.passes import improve
from weir.resolvers.plan.model.context import Budget, PlanningContext
from weir.resolvers.plan.model.nodes import Plan
from weir.resolvers.plan.printing.build_plan import build_plan
from weir.resolvers.plan.walk.positions import Goal
from weir.resolvers.plan.walk.walker import Walker
from weir.schema.graph.graph import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The result of each stage of one planning run."""

    context: PlanningContext
    goals: tuple[Goal, ...]
    choices: Choices
    fetches: FetchGraph
    plan: Plan


def plan(
    operation: Operation,
    graph: Graph,
    overrides: frozenset[str] = frozenset(),
    budget: Budget | None = None,
) -> Plan:
    """Plan an operation with these override labels active.

    The plan is deterministic. Raises `PlanningError` (`NotPlannable` or
    `BudgetExceeded`), and `Cancelled` if the work of the budget is cancelled.
    """
    context = PlanningContext(
        graph=graph,
        operation=operation,
        overrides=overrides,
        budget=budget or Budget(),
    )
    return plan_in_stages(context).plan


def plan_in_stages(context: PlanningContext) -> Stages:
    """Plan an operation, and return the result of each stage."""
    walker = Walker(context)
    goals = walker.operation()
    choices = choose(context, walker, goals)
    slots = tuple(field.key for field in context.operation.fields)
    fetches = improve(build_fetch_graph(choices, slots, context.budget))
    return Stages(
        context=context,
        goals=goals,
        choices=choices,
        fetches=fetches,
        plan=build_plan(context, fetches),
    )
