"""The explanation of one request: its parts in time, and changes of its services.

It has names, codes, statuses and times. Header fields, bodies, variables, raw paths and
the client's address are not in it.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.events import (
    AttemptFinished,
    BreakerChanged,
    CacheUsed,
    FallbackUsed,
    FetchFinished,
    InstanceChanged,
    PanicChanged,
    PlanBuilt,
    RequestFinished,
    ServiceFailure,
    StepFinished,
)
from weir.gateway.telemetry.requests.spent_time import SpentTime, spent_times

Reason: TypeAlias = Literal["failed", "slow"]
RequestEvent: TypeAlias = (
    StepFinished
    | PlanBuilt
    | FetchFinished
    | AttemptFinished
    | CacheUsed
    | FallbackUsed
)
Change: TypeAlias = BreakerChanged | InstanceChanged | PanicChanged
PartKind: TypeAlias = Literal[
    "step", "prepare", "fetch", "attempt", "cache", "fallback"
]

_BEFORE_S: Final = 60.0
"""Changes of a service are shown from this long before the request."""


@dataclass(frozen=True, slots=True)
class Times:
    """The conversion of monotonic seconds into times of the calendar, in UTC."""

    offset_s: float

    @classmethod
    def of(cls, clock: Clock) -> "Times":
        """Return the conversion by the clocks as they are."""
        return cls(clock.epoch_s() - clock.monotonic_s())

    def at(self, monotonic_s: float) -> datetime:
        return datetime.fromtimestamp(monotonic_s + self.offset_s, UTC)


class JudgedRequest(NamedTuple):
    """A request that has ended, and the reason to retain it by the objectives then."""

    event: RequestFinished
    reason: Reason | None

    @property
    def span_id(self) -> str:
        """The span of the request; unlike its id, the gateway has chosen it."""
        return self.event.trace.parent_id


@dataclass(frozen=True, slots=True)
class EndedRequest:
    """A request with its events; not `complete` if some had to give way to others."""

    request: JudgedRequest
    events: tuple[RequestEvent, ...]
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSummary:
    """A request in one line; `reason` is why it is retained, or "".

    `failures` are the parts that the response lacks, by service and code.
    """

    request_id: str
    ended_at: datetime
    client_type: str
    method: str
    route: str
    operation: str
    status: int
    code: str
    duration_s: float
    reason: Reason | Literal[""]
    failures: tuple[ServiceFailure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a request; `start_s` counts from the request's start.

    `name` is the subgraph of a fetch, the upstream of an attempt, the name of a step or
    of a cache. `place` are the paths of the objects that a fetch completes. `outcome`
    is "ok", a code, or the outcome of a lookup.
    """

    kind: PartKind
    name: str
    start_s: float
    duration_s: float
    outcome: str
    instance: str = ""
    endpoint: str = ""
    attempt: int = 0
    status: int = 0
    place: str = ""
    entities: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChange:
    """A change of a service that the request used, `at_s` from the request's start."""

    service: str
    at_s: float
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A request with its parts by their start, and the changes of its services.

    `spent` are the parts that spent its time, the longest first.
    """

    summary: RequestSummary
    trace_id: str
    span_id: str
    generation: str
    complete: bool
    spent: tuple[SpentTime, ...]
    parts: tuple[Part, ...]
    changes: tuple[ServiceChange, ...]


def summary(request: JudgedRequest, times: Times) -> RequestSummary:
    """Return a request in one line."""
    event = request.event
    return RequestSummary(
        request_id=event.request_id,
        ended_at=times.at(event.ended_s),
        client_type=event.client_type,
        method=event.method,
        route=event.route,
        operation=event.operation,
        status=event.status,
        code=event.error_code,
        duration_s=event.ended_s - event.started_s,
        reason=request.reason or "",
        failures=event.failures,
    )


def explanation(
    ended: EndedRequest, changes: Iterable[Change], times: Times
) -> Explanation:
    """Return the explanation of a request."""
    event = ended.request.event
    parts = [_part(each, event.started_s) for each in ended.events]
    parts.sort(key=lambda part: part.start_s)
    services = {part.name for part in parts} | {each.service for each in event.failures}
    return Explanation(
        summary=summary(ended.request, times),
        trace_id=event.trace.trace_id,
        span_id=ended.request.span_id,
        generation=event.generation_id,
        complete=ended.complete,
        spent=spent_times(event, ended.events),
        parts=tuple(parts),
        changes=tuple(
            ServiceChange(
                service=each.upstream,
                at_s=each.at_s - event.started_s,
                change=_change(each),
            )
            for each in _relevant(changes, services, event)
        ),
    )


def _relevant(
    changes: Iterable[Change], services: AbstractSet[str], event: RequestFinished
) -> Iterator[Change]:
    """Yield changes shortly before the end of a request, and breakers open since then.

    Those are the breakers whose last change is older, and that were not closed by it.
    """
    older: dict[tuple[str, str, str], BreakerChanged] = {}
    recent: list[Change] = []
    for each in changes:
        if each.upstream not in services or each.at_s > event.ended_s:
            continue
        if each.at_s >= event.started_s - _BEFORE_S:
            recent.append(each)
        elif isinstance(each, BreakerChanged):
            older[_breaker(each)] = each
    changed = {_breaker(each) for each in recent if isinstance(each, BreakerChanged)}
    for breaker, each in older.items():
        if breaker not in changed and each.after != "closed":
            yield each
    yield from recent


def _breaker(event: BreakerChanged) -> tuple[str, str, str]:
    return event.upstream, event.operation, event.client


def _part(event: RequestEvent, start_s: float) -> Part:
    match event:
        case StepFinished():
            name = f"{event.step} {event.service}".rstrip()
            return _timed(event, start_s, "step", name)
        case PlanBuilt():
            return _timed(event, start_s, "prepare", event.operation)
        case FetchFinished():
            outcome = event.error_code or "ok"
            part = _timed(event, start_s, "fetch", event.subgraph, outcome)
            return replace(part, place=event.place, entities=event.entities)
        case AttemptFinished():
            return replace(
                _timed(event, start_s, "attempt", event.upstream, event.outcome),
                instance=event.instance,
                endpoint=event.endpoint,
                attempt=event.attempt,
                status=event.status,
            )
        case CacheUsed():
            return _timed(event, start_s, "cache", event.key_scope, event.outcome)
        case FallbackUsed():
            return Part(
                kind="fallback",
                name=event.upstream,
                outcome=f"{event.kind} because of {event.reason}",
                start_s=event.at_s - start_s,
                duration_s=0.0,
            )


def _timed(
    event: StepFinished | PlanBuilt | FetchFinished | AttemptFinished | CacheUsed,
    start_s: float,
    kind: PartKind,
    name: str,
    outcome: str = "ok",
) -> Part:
    return Part(
        kind=kind,
        name=name,
        start_s=event.started_s - start_s,
        duration_s=event.ended_s - event.started_s,
        outcome=outcome,
    )


def _change(event: Change) -> str:
    match event:
        case BreakerChanged():
            of = f" of {event.operation}" if event.operation else ""
            by = " for one client" if event.client else ""
            return f"circuit breaker{of}{by}: {event.before} to {event.after}"
        case InstanceChanged():
            state = "healthy" if event.healthy else "unhealthy"
            return f"{event.instance} {state}: {event.reason}"
        case PanicChanged():
            state = "began" if event.panic else "ended"
            return (
                f"panic {state}: {event.healthy} of {event.instances} instances healthy"
            )
