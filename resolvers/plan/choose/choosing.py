"""Choose, then try to do without each fetch.

Taking goals one by one can open a fetch that a later choice makes superfluous: two
fields of a position that both have alternatives may each have taken the other's worse
one. So afterwards each fetch is forbidden in turn, and everything is chosen anew; what
costs less is kept. Fetches without any alternative are left out of this, so that most
operations are chosen once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from resolvers.plan.choose.mutations import one_subgraph_per_field
from resolvers.plan.choose.router import Chosen, route
from resolvers.plan.choose.state import State, Step
from resolvers.plan.choose.ways import Forbidden
from resolvers.plan.context import PlanningContext
from resolvers.plan.errors import NotPlannable
from resolvers.plan.walk.positions import Goal, Position
from resolvers.plan.walk.walker import Walker

_MAX_TRIALS = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """Where each goal is fetched; `slots` are a mutation's root keys, in order."""

    state: State
    chosen: Chosen
    slots: tuple[str, ...]


def choose(context: PlanningContext, walker: Walker, goals: Sequence[Goal]) -> Choice:
    """Choose a way for each goal.

    Raises `NotPlannable`.
    """
    choosing = _Choosing(context, walker, goals)
    forbidden = one_subgraph_per_field(context, walker.root, choosing.cost)
    best = choosing.route(forbidden)
    tried: set[Forbidden] = set()
    while len(tried) < _MAX_TRIALS:
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

    def route(self, forbidden: frozenset[Forbidden]) -> Choice:
        state, chosen = route(self.context, self.walker, self.goals, forbidden)
        fields = self.context.operation.fields
        return Choice(state, chosen, tuple(each.key for each in fields))

    def try_route(self, forbidden: frozenset[Forbidden]) -> Choice | None:
        try:
            return self.route(forbidden)
        except NotPlannable:
            return None

    def cost(self, forbidden: frozenset[Forbidden]) -> int | None:
        choice = self.try_route(forbidden)
        return choice.state.cost if choice else None


def _next_candidate(
    context: PlanningContext, choice: Choice, tried: set[Forbidden]
) -> Forbidden | None:
    for step in reversed(choice.state.steps):
        candidate = (step.position, step.subgraph, step.slot)
        if candidate not in tried and _might_be_spared(context, choice, step):
            return candidate
    return None


def _might_be_spared(context: PlanningContext, choice: Choice, step: Step) -> bool:
    """Say whether each field that a step fetches has somewhere else to come from."""
    others = {other.subgraph for other in choice.state.steps if other is not step}
    for goal, placed in choice.chosen.items():
        if goal.field is None or goal.is_typename:
            continue
        if all(each.step is not step for each in placed):
            continue
        resolvers = context.graph.resolvers(min(goal.types), goal.field.name)
        subgraphs = {each.node.subgraph for each in resolvers}
        if subgraphs == {step.subgraph} and (
            step.subgraph not in others and not _above(context, goal.position, step)
        ):
            return False
    return True


def _above(context: PlanningContext, position: Position, step: Step) -> bool:
    """Say whether a subgraph resolves a field that leads to the position, too."""
    while position.parent is not None and position.field is not None:
        if position is step.position:
            owner = min(position.owner_types)
            resolvers = context.graph.resolvers(owner, position.field.name)
            return any(each.node.subgraph == step.subgraph for each in resolvers)
        position = position.parent
    return False
