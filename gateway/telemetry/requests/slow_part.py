"""The part of a slow request that its client waited for the longest."""

from collections.abc import Iterable
from typing import Final

from weir.gateway.events import AttemptFinished, FetchFinished
from weir.gateway.telemetry.requests.explanation import EndedRequest

GATEWAY: Final = "gateway"
"""The name of the time in which no service was waited for."""


def slow_part(request: EndedRequest) -> str:
    """Return the subgraph with the longest time of the request, or `GATEWAY`.

    The time of a subgraph is that during which at least one of its fetches ran. For a
    plain route it is the service, with its attempts.
    """
    times: dict[str, list[tuple[float, float]]] = {}
    for name, started_s, ended_s in _fetches(request) or _attempts(request):
        times.setdefault(name, []).append((started_s, ended_s))
    waited_s = covered_s(each for spans in times.values() for each in spans)
    parts = {name: covered_s(spans) for name, spans in times.items()}
    event = request.request.event
    parts[GATEWAY] = event.ended_s - event.started_s - waited_s
    return max(parts, key=lambda name: parts[name])


def covered_s(spans: Iterable[tuple[float, float]]) -> float:
    """Return the time that is covered by at least one span (start and end)."""
    total_s, until_s = 0.0, float("-inf")
    for started_s, ended_s in sorted(spans):
        total_s += max(0.0, ended_s - max(started_s, until_s))
        until_s = max(until_s, ended_s)
    return total_s


def _fetches(request: EndedRequest) -> list[tuple[str, float, float]]:
    return [
        (each.subgraph, each.started_s, each.ended_s)
        for each in request.events
        if isinstance(each, FetchFinished)
    ]


def _attempts(request: EndedRequest) -> list[tuple[str, float, float]]:
    return [
        (each.upstream, each.started_s, each.ended_s)
        for each in request.events
        if isinstance(each, AttemptFinished)
    ]
