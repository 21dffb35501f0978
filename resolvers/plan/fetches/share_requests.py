"""A pass that delays final steps, so that they share a later request.

Steps that enter one subgraph at one stage share a request. A step without children
could start earlier, but a request of its own would save no time: the response has to
wait for the later request in any case.
"""

from typing import TypeAlias

from weir.resolvers.operation.conditions import Condition
from weir.resolvers.plan.fetches.fetch_graph import FetchGraph, FetchStep

_Request: TypeAlias = tuple[str, Condition]


def share_requests(graph: FetchGraph) -> None:
    """Delay each step without children to the last request that it can share."""
    levels = graph.levels()
    awaited = {parent for step in graph.steps.values() for parent in step.parents}
    latest: dict[_Request, FetchStep] = {}
    for step in filter(_can_share, graph.steps.values()):
        late = latest.setdefault(_request(step), step)
        if levels[step.id] > levels[late.id]:
            latest[_request(step)] = step
    for early in graph.steps.values():
        if early.id in awaited or not _can_share(early):
            continue
        late = latest[_request(early)]
        if levels[late.id] > levels[early.id]:
            early.parents = early.parents | late.parents


def _can_share(step: FetchStep) -> bool:
    return bool(step.entries) and not step.contexts


def _request(step: FetchStep) -> _Request:
    """Return the properties that steps of one request share, besides the stage."""
    return step.subgraph, step.condition
