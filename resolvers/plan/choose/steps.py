"""Steps: how they are opened, and shared by several paths."""

from collections.abc import Iterable, Sequence

from weir.resolvers.plan.choose.entries import EntityEntry
from weir.resolvers.plan.choose.paths import Path
from weir.resolvers.plan.choose.state import SelectedField, Selection, State, Step
from weir.resolvers.plan.model.context import PlanningContext


def open_step(context: PlanningContext, state: State, path: Path, stage: int) -> Step:
    """Open a step at the start of a path, and add its cost."""
    undo_log = state.undo_log
    state.charge(state.cost_of_step(path.subgraph, stage))
    step = Step(len(state.steps), path.subgraph, path.level, stage, path.slot)
    is_root = not path.entry
    node = context.graph.node(path.level.type_name, path.subgraph) if is_root else None
    step.selection = Selection(step, path.level, node)
    undo_log.append(state.steps, step)
    undo_log.append(state.selections_at(path.level), step.selection)
    request = (path.subgraph, stage)
    undo_log.put(state.requests, request, state.requests.get(request, 0) + 1)
    if stage > state.totals["stage"]:
        undo_log.put(state.totals, "stage", stage)
    return step


def step_for(
    context: PlanningContext,
    state: State,
    path: Path,
    stage: int,
    entries: Sequence[EntityEntry],
) -> Step:
    """Return a step that enters there late enough for the entries, or open one."""
    key = (path.level, path.subgraph)
    for step in state.entered.get(key, ()):
        if step.stage >= stage and all(_fits(step, entry) for entry in entries):
            return step
    step = open_step(context, state, path, stage)
    state.undo_log.put(state.entered, key, [*state.entered.get(key, ()), step])
    return step


def add_entries(state: State, step: Step, entries: Iterable[EntityEntry]) -> None:
    """Add to a step the representations that entries need."""
    undo_log = state.undo_log
    for entry in entries:
        known = step.entries.get(entry.types)
        if known is None:
            undo_log.put(step.entries, entry.types, entry)
            continue
        for text, fields in entry.requires.items():
            undo_log.put(known.requires, text, fields)
        for argument, source in entry.contexts.items():
            undo_log.put(known.contexts, argument, source)


def add_needs(state: State, step: Step, needs: Iterable[SelectedField]) -> None:
    """Make a step wait for the steps that fetch these fields."""
    for each in needs:
        state.undo_log.append(step.needs, each)


def _fits(step: Step, entry: EntityEntry) -> bool:
    """Return whether one representation can carry the needs of both."""
    values = {k: v for each in step.entries.values() for k, v in each.contexts.items()}
    if any(values.get(key, source) != source for key, source in entry.contexts.items()):
        return False
    known = step.entries.get(entry.types)
    if known is None:
        return bool(entry.types) and frozenset() not in step.entries
    return known.agrees_with(entry)
