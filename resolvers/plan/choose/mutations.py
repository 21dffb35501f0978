"""The subgraph of each mutation field that several subgraphs resolve.

Only one may run the field, because a side effect must happen once. Each subgraph is
tried as the only one, and the choice with the lowest total cost is used.
"""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from graphql import OperationType

from weir.resolvers.plan.choose.paths import Forbidden
from weir.resolvers.plan.model.context import PlanningContext
from weir.resolvers.plan.walk.positions import Position

Cost: TypeAlias = Callable[[frozenset[Forbidden]], int | None]
"""Returns the cost of a plan without these steps, or None if there is no plan."""


def one_subgraph_per_field(
    context: PlanningContext, root: Position, cost: Cost
) -> frozenset[Forbidden]:
    """Forbid all subgraphs but one for each root field of a mutation."""
    forbidden: frozenset[Forbidden] = frozenset()
    for key, subgraphs in _shared_fields(context, root):
        options: list[tuple[int, frozenset[Forbidden]]] = []
        for name in subgraphs:
            others = {(root, other, key) for other in subgraphs if other != name}
            found = cost(forbidden | others)
            if found is not None:
                options.append((found, forbidden | others))
        if options:
            forbidden = min(options, key=lambda option: option[0])[1]
    return forbidden


def _shared_fields(
    context: PlanningContext, root: Position
) -> Iterator[tuple[str, list[str]]]:
    if context.operation.kind is not OperationType.MUTATION:
        return
    for field in context.operation.fields:
        resolvers = context.graph.resolvers(root.type_name, field.name)
        if len(resolvers) > 1:
            yield field.key, [each.node.subgraph for each in resolvers]
