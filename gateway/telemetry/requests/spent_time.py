"""The parts of a request that spent its time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from weir.gateway.events import (
    AttemptFinished,
    FetchFinished,
    RequestFinished,
    StepFinished,
)

PartOfTime: TypeAlias = Literal["gateway", "queue", "service", "shared", "client"]
"""The gateway itself, a wait for admission or for a turn, a service, a wait for the
response to an identical query, or the client."""
_Span: TypeAlias = tuple[float, float]
_Spans: TypeAlias = dict[str, list[_Span]]

_QUEUES: Final = ("queue", "guard", "check")
"""The steps that wait for admission: guards and checks do so for rate limits."""
_SHARE: Final = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentTime:
    """The time that one part spent.

    `service` is the subgraph or the service of the part `service`, the service that
    calls of the part `queue` waited for, or "".
    """

    part: PartOfTime
    service: str = ""
    seconds: float


def spent_times(
    request: RequestFinished, events: Iterable[object]
) -> tuple[SpentTime, ...]:
    """Return the parts that spent the time of a request, at least one, longest first.

    The time of a service is that during which at least one of its fetches ran, without
    the time in which all of them waited for their turn. For a plain route it is that
    of the attempts, without the wait for the client's upload.
    """
    duration_s = request.ended_s - request.started_s
    found = _Parts(events)
    services, queues = found.services(request.upload_s), found.queues()
    shared_s = covered_s(found.shared)
    rest_s = (
        duration_s
        - covered_s(found.calls_and_waits())
        - shared_s
        - (request.client_s - request.upload_s)
    )
    parts = (
        SpentTime(part="gateway", seconds=max(0.0, rest_s)),
        SpentTime(part="client", seconds=request.client_s),
        SpentTime(part="shared", seconds=shared_s),
        *(SpentTime(part="queue", service=name, seconds=s) for name, s in queues),
        *(SpentTime(part="service", service=name, seconds=s) for name, s in services),
    )
    spent = sorted(
        (each for each in parts if each.seconds > 0), key=lambda each: -each.seconds
    )
    return tuple(spent) or (SpentTime(part="gateway", seconds=duration_s),)


def covered_s(spans: Iterable[_Span]) -> float:
    """Return the time that is covered by at least one span (start and end)."""
    total_s, until_s = 0.0, float("-inf")
    for started_s, ended_s in sorted(spans):
        total_s += max(0.0, ended_s - max(started_s, until_s))
        until_s = max(until_s, ended_s)
    return total_s


class _Parts:
    """The spans of one request, by their kind and name."""

    def __init__(self, events: Iterable[object]) -> None:
        self.fetches: _Spans = {}
        self.attempts: _Spans = {}
        self.waits: _Spans = {}
        self.shared: list[_Span] = []
        for event in events:
            match event:
                case FetchFinished():
                    _add(self.fetches, event.subgraph, event)
                case AttemptFinished():
                    _add(self.attempts, event.upstream, event)
                case StepFinished(step=step) if step in _QUEUES:
                    _add(self.waits, event.service, event)
                case StepFinished(step=step) if step == _SHARE:
                    self.shared.append((event.started_s, event.ended_s))
                case _:
                    pass

    def calls_and_waits(self) -> Iterator[_Span]:
        """Yield the spans in which the gateway waited for services, or for its turn.

        Outside of the fetches of a graph, attempts are those of background refreshes.
        """
        for spans in (self.fetches or self.attempts, self.waits):
            for each in spans.values():
                yield from each

    def queues(self) -> Iterator[tuple[str, float]]:
        """Yield the time in which calls to a service waited, and none of them ran."""
        for name, waits in self.waits.items():
            ran = self.attempts.get(name, [])
            yield name, covered_s([*waits, *ran]) - covered_s(ran)

    def services(self, upload_s: float) -> Iterator[tuple[str, float]]:
        """Yield the time of each subgraph, or of each service without fetches."""
        if not self.fetches:
            for name, attempts in self.attempts.items():
                yield name, covered_s(attempts) - upload_s
        for name, fetches in self.fetches.items():
            ran = self._own(self.attempts, name)
            waits_or_ran = [*self._own(self.waits, name), *ran]
            waited_s = _common_s(fetches, waits_or_ran) - _common_s(fetches, ran)
            yield name, covered_s(fetches) - waited_s

    def _own(self, spans: _Spans, subgraph: str) -> list[_Span]:
        """Return the spans of a subgraph's service, which may have another name."""
        others = self.fetches.keys() - {subgraph}
        return [each for name in spans.keys() - others for each in spans[name]]


def _add(
    spans: _Spans, name: str, event: FetchFinished | AttemptFinished | StepFinished
) -> None:
    spans.setdefault(name, []).append((event.started_s, event.ended_s))


def _common_s(one: list[_Span], other: list[_Span]) -> float:
    """Return the time that both cover."""
    return covered_s(one) + covered_s(other) - covered_s([*one, *other])
