"""A pass that removes parents that other parents wait for anyway."""

from weir.resolvers.plan.fetches.fetch_graph import FetchGraph


def reduce_parents(graph: FetchGraph) -> None:
    """Reduce the graph transitively."""
    ancestors = {step.id: graph.ancestors(step) for step in graph.steps.values()}
    for step in graph.steps.values():
        step.parents = {
            parent
            for parent in step.parents
            if not any(parent in ancestors[other] for other in step.parents)
        }
