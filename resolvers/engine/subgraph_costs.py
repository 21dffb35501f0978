"""The parts of an operation's cost that the fetches of each subgraph have."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from weir.resolvers.cost.operation_cost import OperationCost
from weir.resolvers.cost.parts import Mark, Marks, part_of
from weir.resolvers.operation.work import WorkBudget
from weir.resolvers.plan.model.expected import ExpectedFields
from weir.resolvers.plan.model.nodes import Fetch, Key, Plan, ResponsePath


def subgraph_costs(
    cost: OperationCost, plan: Plan, subgraphs: Container[str], work: WorkBudget
) -> dict[str, OperationCost]:
    """Return the part of each of `subgraphs` that the plan calls.

    Raises the errors of `work`.
    """
    marks: dict[str, Marks] = {}
    for fetch in plan.fetches:
        if fetch.subgraph in subgraphs:
            _mark(fetch, marks.setdefault(fetch.subgraph, {}), work)
    return {name: part_of(cost, each, work) for name, each in marks.items()}


def _mark(fetch: Fetch, marks: Marks, work: WorkBudget) -> None:
    selection = _Selection({each.sent: each.key for each in fetch.renames}, work)
    if not fetch.entities:
        selection.mark(fetch.expected, _at(marks, fetch.path), None)
        return
    for entities in fetch.entities:
        last = _last(marks, entities.path)
        last.objects = True
        for field in fetch.expected.fields:
            if field.key == entities.alias and field.selection is not None:
                selection.mark(field.selection, last.below, None)


def _at(marks: Marks, path: ResponsePath) -> Marks:
    has_keys = any(isinstance(each, Key) for each in path)
    return _last(marks, path).below if has_keys else marks


def _last(marks: Marks, path: ResponsePath) -> Mark:
    """Return the mark of the last field of a path, and make those on the way."""
    mark = Mark()
    for segment in path:
        if isinstance(segment, Key):
            mark = marks.setdefault(segment.name, Mark())
            # A path has no types of the fields in it.
            mark.add_types(None)
            marks = mark.below
    return mark


@dataclass(frozen=True, slots=True)
class _Selection:
    """The selection of one fetch; `keys` are those that it sends by another name."""

    keys: Mapping[str, str]
    work: WorkBudget

    def mark(
        self, selection: ExpectedFields, marks: Marks, types: frozenset[str] | None
    ) -> None:
        for field in selection.fields:
            self.work.check()
            mark = marks.setdefault(self.keys.get(field.key, field.key), Mark())
            mark.add_types(types)
            mark.fetched = True
            if field.selection is not None:
                self.mark(field.selection, mark.below, None)
        for fragment in selection.fragments:
            self.mark(fragment.selection, marks, frozenset(fragment.types))
