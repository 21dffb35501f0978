"""The part of an operation's cost that belongs to some of its fields.

It is the cost of the same fields, without the weights of all others. The others still
multiply: if a list of products has ten items, ten reviews are fetched for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from weir.resolvers.cost.operation_cost import FieldCost, Member, OperationCost
from weir.resolvers.cost.variable_costs import VariableCosts
from weir.resolvers.operation.work import WorkBudget


@dataclass(slots=True)
class Mark:
    """A field in a part: of these object types, or of all with `types` None.

    `fetched` fields belong to the part with their arguments and objects. The `objects`
    at a field may do so alone, if another part has the field.
    """

    types: frozenset[str] | None = frozenset()
    fetched: bool = False
    objects: bool = False
    below: "Marks" = field(default_factory=dict[str, "Mark"])

    def add_types(self, types: frozenset[str] | None) -> None:
        """Mark the field of more types."""
        known = self.types
        self.types = None if types is None or known is None else known | types

    def is_of(self, types: frozenset[str]) -> bool:
        """Return whether the field of one of these types is marked."""
        return self.types is None or not self.types.isdisjoint(types)


Marks: TypeAlias = dict[str, Mark]
"""Marked fields by their canonical keys."""


def part_of(cost: OperationCost, marks: Marks, work: WorkBudget) -> OperationCost:
    """Return the cost of the marked fields. Raises the errors of `work`."""
    fields = _parts(cost.fields, marks, work)
    return OperationCost(0, fields, (), cost.steps)


def _parts(
    costs: Iterable[FieldCost], marks: Mapping[str, Mark], work: WorkBudget
) -> tuple[FieldCost, ...]:
    found = (_part(each, marks, work) for each in costs)
    return tuple(each for each in found if each is not None)


def _part(
    cost: FieldCost, marks: Mapping[str, Mark], work: WorkBudget
) -> FieldCost | None:
    """Return the part of a field, or None if it costs nothing."""
    work.check()
    mark = marks.get(cost.key)
    if mark is None or not mark.is_of(cost.types):
        return None
    counts = mark.fetched or mark.objects
    part = replace(
        cost,
        own=cost.own if counts else 0,
        call=cost.call if mark.fetched else 0,
        arguments=cost.arguments if mark.fetched else (),
        members=tuple(
            Member(
                each.types,
                each.weight if counts else 0,
                _parts(each.fields, mark.below, work),
            )
            for each in cost.members
        ),
        constant=None,
    )
    if cost.constant is None:
        return part
    constant = part.estimate(VariableCosts({}, work))
    return replace(part, constant=constant) if constant else None
