"""Let a last step wait for a later one of its subgraph, so that they share a request.

Steps that enter one subgraph at one stage share a request. One that could start
earlier, but that nothing waits for, is worth no request of its own: the answer has to
wait for the later one in any case.
"""

from weir.resolvers.plan.fetches.fetch_graph import FetchGraph, FetchStep


def share_requests(graph: FetchGraph) -> None:
    """Delay each step that nothing waits for to the last request it can share."""
    levels = graph.levels()
    awaited = {parent for step in graph.steps.values() for parent in step.parents}
    for early in graph.steps.values():
        if early.id in awaited or not _can_share(early):
            continue
        late = max(
            (other for other in graph.steps.values() if _shares(early, other)),
            key=lambda other: levels[other.id],
            default=early,
        )
        if levels[late.id] > levels[early.id]:
            early.parents = early.parents | late.parents


def _can_share(step: FetchStep) -> bool:
    return bool(step.entrances) and not step.contexts


def _shares(one: FetchStep, other: FetchStep) -> bool:
    return (
        one.subgraph == other.subgraph
        and one.condition == other.condition
        and _can_share(other)
    )
