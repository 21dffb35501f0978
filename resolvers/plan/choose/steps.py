"""Opening steps, and letting one step serve several ways."""

from collections.abc import Iterable, Sequence

from weir.resolvers.operation.fields import Field
from weir.resolvers.plan.choose.costs import opening
from weir.resolvers.plan.choose.state import Access, Entry, State, Step
from weir.resolvers.plan.choose.ways import Way
from weir.resolvers.plan.model.context import PlanningContext


def open_step(context: PlanningContext, state: State, way: Way, stage: int) -> Step:
    """Open a step at the start of a way, and pay for it."""
    trail = state.trail
    state.charge(opening(state, way.subgraph, stage))
    step = Step(len(state.steps), way.subgraph, way.level, stage, way.slot)
    is_root = not way.entry
    node = context.graph.node(way.level.type_name, way.subgraph) if is_root else None
    step.access = Access(step, way.level, node)
    trail.append(state.steps, step)
    trail.append(state.accesses_at(way.level), step.access)
    request = (way.subgraph, stage)
    trail.put(state.requests, request, state.requests.get(request, 0) + 1)
    if stage > state.totals["stage"]:
        trail.put(state.totals, "stage", stage)
    return step


def step_for(
    context: PlanningContext,
    state: State,
    way: Way,
    stage: int,
    entries: Sequence[Entry],
) -> Step:
    """Give a step that enters there late enough for entries, or open one."""
    place = (way.level, way.subgraph)
    for step in state.entered.get(place, ()):
        if step.stage >= stage and all(_fits(step, entry) for entry in entries):
            return step
    step = open_step(context, state, way, stage)
    state.trail.put(state.entered, place, [*state.entered.get(place, ()), step])
    return step


def add_entry(state: State, step: Step, entry: Entry) -> None:
    """Let a step's representations carry what an entry needs."""
    known = step.entries.get(entry.types)
    if known is None:
        state.trail.put(step.entries, entry.types, entry)
        return
    for placed in entry.needs:
        state.trail.append(known.needs, placed)
    for text, fields in entry.requires.items():
        state.trail.put(known.requires, text, fields)
    for argument, source in entry.contexts.items():
        state.trail.put(known.contexts, argument, source)


def _fits(step: Step, entry: Entry) -> bool:
    """Say whether one representation can carry what both need."""
    values = {k: v for each in step.entries.values() for k, v in each.contexts.items()}
    if any(values.get(key, source) != source for key, source in entry.contexts.items()):
        return False
    known = step.entries.get(entry.types)
    if known is None:
        return bool(entry.types) and frozenset() not in step.entries
    if known.node is not entry.node or known.typename != entry.typename:
        return False
    sent = {each.name: each.key for each in _sent(known)}
    return all(sent.get(each.name, each.key) == each.key for each in _sent(entry))


def _sent(entry: Entry) -> Iterable[Field]:
    yield from entry.key
    for fields in entry.requires.values():
        yield from fields
