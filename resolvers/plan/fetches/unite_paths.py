"""A pass that unites steps whose paths differ only in a type condition.

A field that two types of an abstract position resolve differently makes two positions.
The steps below them are often the same.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final, TypeAlias

from weir.resolvers.plan.fetches.fetch_graph import FetchGraph, FetchStep
from weir.resolvers.plan.model.nodes import OnTypes, ResponsePath

_Shape: TypeAlias = tuple[str, int, ResponsePath]
_ANY_TYPES: Final = OnTypes(())


def unite_paths(graph: FetchGraph) -> None:
    """Unite pairs until there are no more."""
    while pair := next(_pairs(graph), None):
        one, other, path = pair
        graph.replace(other, one)
        one.path = path
        one.entries = {
            types: entry.with_contexts_of(other.entries[types])
            for types, entry in one.entries.items()
        }


def _pairs(graph: FetchGraph) -> Iterator[tuple[FetchStep, FetchStep, ResponsePath]]:
    levels = graph.levels()
    alike: dict[_Shape, deque[FetchStep]] = {}
    for step in graph.steps.values():
        shape = _shape(step, levels[step.id])
        alike.setdefault(shape, deque()).append(step)
    for one in graph.steps.values():
        later = alike[_shape(one, levels[one.id])]
        later.popleft()  # the step itself, as the order is the same
        for other in later:
            graph.budget.check(2)
            path = _united(one.path, other.path)
            if path is not None and _same_but_for_path(one, other):
                yield one, other, path


def _shape(step: FetchStep, level: int) -> _Shape:
    """Return the properties that two steps must share to be united."""
    path = (_ANY_TYPES if isinstance(each, OnTypes) else each for each in step.path)
    return step.subgraph, level, tuple(path)


def _united(one: ResponsePath, other: ResponsePath) -> ResponsePath | None:
    """Return the common path of two that differ in one type condition, or None."""
    differing = [
        index
        for index, pair in enumerate(zip(one, other, strict=True))
        if pair[0] != pair[1]
    ]
    if len(differing) != 1:
        return None
    index = differing[0]
    match one[index], other[index]:
        case OnTypes(types), OnTypes(others):
            united = OnTypes(tuple(sorted({*types, *others})))
            return (*one[:index], united, *one[index + 1 :])
        case _:
            return None


def _same_but_for_path(one: FetchStep, other: FetchStep) -> bool:
    return (
        bool(one.entries)
        and one.condition == other.condition
        and one.entries.keys() == other.entries.keys()
        and all(
            entry.is_same_as(other.entries[types])
            for types, entry in one.entries.items()
        )
        and one.output.is_alike(other.output)
    )
