"""Choose, then try to do without each fetch.

Taking goals one by one can open a fetch that a later choice makes superfluous: two
fields of a position that both have alternatives may each have taken the other's worse
one. So afterwards each fetch is forbidden in turn, and everything is chosen anew; what
costs less is kept. Fetches without any alternative are left out of this, so that most
operations are chosen once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from weir.resolvers.plan.choose.mutations import one_subgraph_per_field
from weir.resolvers.plan.choose.router import Routes, by_urgency, route
from weir.resolvers.plan.choose.state import Access, Placed, Step
from weir.resolvers.plan.choose.ways import Forbidden
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.model.errors import NotPlannable
from weir.resolvers.plan.walk.positions import Goal
from weir.resolvers.plan.walk.walker import Walker

_MAX_TRIALS = 12


def choose(context: PlanningContext, walker: Walker, goals: Sequence[Goal]) -> Routes:
    """Choose a way for each goal.

    Raises `NotPlannable`.
    """
    goals = by_urgency(context, goals)
    choosing = _Choosing(context, walker, goals, _popularity(context, goals))
    forbidden = one_subgraph_per_field(context, walker.root, choosing.cost)
    best = choosing.route(forbidden)
    tried: set[Forbidden] = set()
    while len(tried) < _MAX_TRIALS and not context.budget.is_half_spent:
        candidate = _next_candidate(context, best, tried)
        if candidate is None:
            break
        tried.add(candidate)
        trial = choosing.try_route(forbidden | {candidate})
        if trial is not None and trial.state.cost < best.state.cost:
            best, forbidden = trial, forbidden | {candidate}
    return best


@dataclass(frozen=True, slots=True)
class _Choosing:
    """Chooses the same goals several times, with different steps forbidden."""

    context: PlanningContext
    walker: Walker
    goals: Sequence[Goal]
    popularity: Mapping[str, int]

    def route(self, forbidden: frozenset[Forbidden]) -> Routes:
        return route(self.context, self.walker, self.goals, forbidden, self.popularity)

    def try_route(self, forbidden: frozenset[Forbidden]) -> Routes | None:
        try:
            return self.route(forbidden)
        except NotPlannable:
            return None

    def cost(self, forbidden: frozenset[Forbidden]) -> int | None:
        routes = self.try_route(forbidden)
        return routes.state.cost if routes else None


def _popularity(context: PlanningContext, goals: Sequence[Goal]) -> Mapping[str, int]:
    """Count, by subgraph, the goals that it resolves."""
    return Counter(
        name
        for goal in goals
        if goal.field is not None
        for name in context.graph.resolving(min(goal.types), goal.field.name)
    )


def _next_candidate(
    context: PlanningContext, routes: Routes, tried: set[Forbidden]
) -> Forbidden | None:
    for step in reversed(routes.state.steps):
        candidate = (step.position, step.subgraph, step.slot)
        if candidate not in tried and _might_be_spared(context, routes, step):
            return candidate
    return None


def _might_be_spared(context: PlanningContext, routes: Routes, step: Step) -> bool:
    """Say whether all that a step fetches might come from somewhere else for less.

    Either its subgraph is reached further up, too, and resolves the field that leads
    here; or each leaf is resolved by another subgraph, too.
    """
    resolving = context.graph.resolving
    position = step.position
    if position.field is not None:
        owner = min(position.owner_types)
        leads_here = step.subgraph in resolving(owner, position.field.name)
        if leads_here and any(
            other.subgraph == step.subgraph and other.position.is_above(position)
            for other in routes.state.steps
        ):
            return not step.carries_requirements
    return all(
        len(resolving(min(placed.types), placed.field.name)) > 1
        for placed in _leaves(step.access)
        if placed.field.name != "__typename"
    )


def _leaves(access: Access) -> Iterator[Placed]:
    for placed in access.fields.values():
        if placed.access is None:
            yield placed
        else:
            yield from _leaves(placed.access)
