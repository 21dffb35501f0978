"""Passes over the fetch graph, in the order in which `improve` runs them."""

from collections.abc import Callable
from typing import TypeAlias

from weir.resolvers.plan.fetches.fetch_graph import FetchGraph
from weir.resolvers.plan.fetches.merge_steps import merge_steps
from weir.resolvers.plan.fetches.order_mutations import order_mutations
from weir.resolvers.plan.fetches.reduce_parents import reduce_parents
from weir.resolvers.plan.fetches.share_requests import share_requests
from weir.resolvers.plan.fetches.unite_paths import unite_paths

Pass: TypeAlias = Callable[[FetchGraph], None]

PASSES: tuple[Pass, ...] = (
    merge_steps,
    unite_paths,
    order_mutations,
    share_requests,
    reduce_parents,
)


def improve(graph: FetchGraph) -> FetchGraph:
    """Run all passes."""
    for each in PASSES:
        each(graph)
    return graph
