"""A pass that merges steps into the same subgraph at the same position.

They were opened at different stages, because the requirements of the later one were not
available when the earlier one could start. A merged step waits for them, and saves one
fetch. Steps are only merged if the longest chain of fetches stays the same.
"""

from collections import deque

from weir.resolvers.plan.fetches.fetch_graph import FetchGraph, FetchStep
from weir.resolvers.plan.walk.positions import Position


def merge_steps(graph: FetchGraph) -> None:
    """Merge pairs until there are no mergeable pairs left."""
    while pair := _mergeable_pair(graph):
        _merge(graph, *pair)


def _mergeable_pair(graph: FetchGraph) -> tuple[FetchStep, FetchStep] | None:
    entering = [step for step in graph.steps.values() if step.entries]
    together: dict[tuple[str, Position], deque[FetchStep]] = {}
    for step in entering:
        together.setdefault((step.subgraph, step.position), deque()).append(step)
    for one in entering:
        later = together[one.subgraph, one.position]
        later.popleft()  # the step itself, as the order is the same
        for other in later:
            if _agree(one, other) and _costs_no_stage(graph, one, other):
                return one, other
    return None


def _agree(one: FetchStep, other: FetchStep) -> bool:
    if one.condition != other.condition:
        return False
    if (frozenset() in one.entries) != (frozenset() in other.entries):
        return False
    values = one.contexts
    if any(values.get(key, source) != source for key, source in other.contexts.items()):
        return False
    return all(
        entry.agrees_with(other.entries.get(types, entry))
        for types, entry in one.entries.items()
    )


def _costs_no_stage(graph: FetchGraph, one: FetchStep, other: FetchStep) -> bool:
    if one.id in graph.ancestors(other) or other.id in graph.ancestors(one):
        return False
    depth = max(graph.levels().values())
    merged = FetchGraph(
        {
            step.id: FetchStep(
                step.id,
                step.subgraph,
                step.position,
                step.path,
                step.slot,
                step.output,
                step.entries,
                {one.id if p == other.id else p for p in step.parents},
            )
            for step in graph.steps.values()
            if step is not other
        },
        graph.budget,
    )
    merged.steps[one.id].parents |= other.parents
    return max(merged.levels().values()) <= depth


def _merge(graph: FetchGraph, one: FetchStep, other: FetchStep) -> None:
    for types, entry in other.entries.items():
        known = one.entries.get(types)
        one.entries[types] = known.joined(entry) if known else entry
    one.output.absorb(other.output)
    graph.replace(other, one)
