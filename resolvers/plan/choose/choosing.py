"""The choice of a path for each goal, improved by trials.

A choice goal by goal can open a fetch that a later choice makes superfluous: two fields
of a position may each take the worse one of their two subgraphs. So each fetch is then
forbidden in turn, and all goals are chosen again. A cheaper result replaces the
previous one. Fetches without an alternative are skipped, so most operations are chosen
once.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from weir.resolvers.plan.choose.mutations import one_subgraph_per_field
from weir.resolvers.plan.choose.paths import Forbidden
from weir.resolvers.plan.choose.solver import Choices, by_urgency, solve
from weir.resolvers.plan.choose.state import SelectedField, Selection, Step
from weir.resolvers.plan.model.context import PlanningContext, TrialTooLong
from weir.resolvers.plan.model.errors import NotPlannable
from weir.resolvers.plan.walk.positions import Goal
from weir.resolvers.plan.walk.walker import Walker

_MAX_TRIALS = 12
_TRIAL_FACTOR = 4
"""A trial ends when it has considered this many times the paths of the first choice."""


def choose(context: PlanningContext, walker: Walker, goals: Sequence[Goal]) -> Choices:
    """Choose a path for each goal.

    Raises `NotPlannable`.
    """
    goals = by_urgency(context, goals)
    choosing = _Trials(context, walker, goals, _popularity(context, goals))
    forbidden = one_subgraph_per_field(context, walker.root, choosing.cost)
    before = context.budget.paths
    best = choosing.solve(forbidden)
    most = _TRIAL_FACTOR * (context.budget.paths - before)
    tried: set[Forbidden] = set()
    while len(tried) < _MAX_TRIALS and not context.budget.is_half_spent:
        candidate = _next_candidate(context, best, tried)
        if candidate is None:
            break
        tried.add(candidate)
        with context.budget.trial(most):
            trial = choosing.try_solve(forbidden | {candidate})
        if trial is not None and trial.state.cost < best.state.cost:
            best, forbidden = trial, forbidden | {candidate}
    return best


@dataclass(frozen=True, slots=True)
class _Trials:
    """Choices for the same goals, with different steps forbidden."""

    context: PlanningContext
    walker: Walker
    goals: Sequence[Goal]
    popularity: Mapping[str, int]

    def solve(self, forbidden: frozenset[Forbidden]) -> Choices:
        return solve(self.context, self.walker, self.goals, forbidden, self.popularity)

    def try_solve(self, forbidden: frozenset[Forbidden]) -> Choices | None:
        try:
            return self.solve(forbidden)
        except (NotPlannable, TrialTooLong):
            return None

    def cost(self, forbidden: frozenset[Forbidden]) -> int | None:
        choices = self.try_solve(forbidden)
        return choices.state.cost if choices else None


def _popularity(context: PlanningContext, goals: Sequence[Goal]) -> Mapping[str, int]:
    """Count the goals that each subgraph resolves."""
    return Counter(
        name
        for goal in goals
        if goal.field is not None
        for name in context.graph.resolving(min(goal.types), goal.field.name)
    )


def _next_candidate(
    context: PlanningContext, choices: Choices, tried: set[Forbidden]
) -> Forbidden | None:
    for step in reversed(choices.state.steps):
        candidate = (step.position, step.subgraph, step.slot)
        if candidate not in tried and _might_be_avoided(context, choices, step):
            return candidate
    return None


def _might_be_avoided(context: PlanningContext, choices: Choices, step: Step) -> bool:
    """Return whether other steps might fetch the fields of a step for less.

    This is so if the subgraph is also reached further up and resolves the field that
    leads here, or if another subgraph also resolves each leaf.
    """
    resolving = context.graph.resolving
    position = step.position
    if position.field is not None:
        owner = min(position.owner_types)
        leads_here = step.subgraph in resolving(owner, position.field.name)
        if leads_here and any(
            other.subgraph == step.subgraph and other.position.is_above(position)
            for other in choices.state.steps
        ):
            return not step.carries_requirements
    elif not _are_shared(context, step):
        return False
    return all(
        len(resolving(min(selected.types), selected.field.name)) > 1
        for selected in _leaves(step.selection)
        if selected.field.name != "__typename"
    )


def _are_shared(context: PlanningContext, step: Step) -> bool:
    """Return whether another subgraph resolves each root field of a step, too."""
    return all(
        len(context.graph.resolving(min(selected.types), selected.field.name)) > 1
        for selected in step.selection.fields.values()
        if selected.field.name != "__typename"
    )


def _leaves(selection: Selection) -> Iterator[SelectedField]:
    for selected in selection.fields.values():
        if selected.selection is None:
            yield selected
        else:
            yield from _leaves(selected.selection)
