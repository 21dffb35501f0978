"""A pass that runs a mutation's root fields in order, each with its followers.

Neighbours in one subgraph share a fetch if the first one has no followers, because the
subgraph itself runs them in order.
"""

from itertools import pairwise

from weir.resolvers.operation.conditions import either
from weir.resolvers.plan.fetches.fetch_graph import FetchGraph


def order_mutations(graph: FetchGraph) -> None:
    """Make each root step of a mutation wait for the previous one's followers."""
    roots = [step for step in graph.steps.values() if step.slot]
    roots.sort(key=lambda step: graph.slots.index(step.slot))
    followers = {
        root.id: {
            step.id for step in graph.steps.values() if root.id in graph.ancestors(step)
        }
        for root in roots
    }
    ordered = roots[:1]
    for root in roots[1:]:
        last = ordered[-1]
        if last.subgraph == root.subgraph and not followers[last.id]:
            last.output.absorb(root.output)
            last.condition = either(last.condition, root.condition)
            graph.replace(root, last)
            followers[last.id] = followers[root.id]
        else:
            ordered.append(root)
    for earlier, later in pairwise(ordered):
        later.parents |= {earlier.id, *followers[earlier.id]}
