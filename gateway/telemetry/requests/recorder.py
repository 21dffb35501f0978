"""The events of the last requests, and for longer those of slow and failed ones.

The receivers of events are the `append` of bounded deques. So recording runs no Python
code while a request is served. A task looks at the requests that have ended since its
last turn, and retains the events of those that were slow or failed, which would
otherwise give way to newer events.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias, get_args

from weir.gateway.clock import Clock
from weir.gateway.events import (
    Event,
    EventReceiver,
    FallbackUsed,
    RequestFinished,
)
from weir.gateway.telemetry.objective import CurrentObjectives
from weir.gateway.telemetry.requests.explanation import (
    Change,
    EndedRequest,
    Explanation,
    JudgedRequest,
    Reason,
    RequestEvent,
    RequestSummary,
    Times,
    explanation,
    summary,
)
from weir.gateway.telemetry.requests.slow_line import LogSlow
from weir.gateway.telemetry.requests.spent_time import SpentTime, spent_times

SLOW_S: Final = 1.0
"""The duration from which a request is retained as slow."""
_TURN_S: Final = 1.0
_MAX_EVENTS: Final = 8192
_MAX_ENDED: Final = 4096
_MAX_RECENT: Final = 500
_MAX_RETAINED: Final = 100
_MAX_CHANGES: Final = 200
_MAX_LOGGED: Final = 20
"""Slow requests that have a line of their parts, of those that ended in a turn."""
_MAX_EVENTS_OF_A_REQUEST: Final = 500
_FAILED: Final = 500
_SWITCHING_PROTOCOLS: Final = 101

_PARTS: Final = frozenset(get_args(RequestEvent))
_CHANGES: Final = frozenset(get_args(Change))

_Retained: TypeAlias = deque[EndedRequest]
CountSlow: TypeAlias = Callable[[str, SpentTime], None]
"""A function that counts a slow request of an objective, by its slowest part."""


class RequestRecorder:
    """A sink that records the events of requests, used by the event loop only.

    A request is slow from `SLOW_S`, or from the time of an objective, for which it is
    also counted. Slow requests are also logged with their parts.
    """

    def __init__(
        self,
        clock: Clock,
        count_slow: CountSlow,
        log_slow: LogSlow,
        objectives: CurrentObjectives,
    ) -> None:
        self._clock = clock
        self._count_slow = count_slow
        self._log_slow = log_slow
        self._objectives = objectives
        self._events: deque[RequestEvent] = deque(maxlen=_MAX_EVENTS)
        self._changes: deque[Change] = deque(maxlen=_MAX_CHANGES)
        self._ended: deque[RequestFinished] = deque(maxlen=_MAX_ENDED)
        self._recent: deque[JudgedRequest] = deque(maxlen=_MAX_RECENT)
        self._retained: dict[Reason, _Retained] = {
            "failed": deque(maxlen=_MAX_RETAINED),
            "slow": deque(maxlen=_MAX_RETAINED),
        }

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        if event_type is RequestFinished:
            return self._ended.append
        if event_type in _PARTS:
            return self._events.append
        return self._changes.append if event_type in _CHANGES else None

    def emit(self, event: Event) -> None:
        receive = self.receiver(type(event))
        if receive is not None:
            receive(event)

    async def run(self) -> None:
        """Retain slow and failed requests until the task is cancelled."""
        while True:
            await asyncio.sleep(_TURN_S)
            self.retain()

    def retain(self) -> None:
        """Retain the slow and the failed ones of the requests that have ended."""
        found: dict[Reason, deque[JudgedRequest]] = {
            reason: deque(maxlen=_MAX_RETAINED) for reason in self._retained
        }
        while self._ended:
            event = self._ended.popleft()
            ended = JudgedRequest(event, self._reason(event))
            self._recent.append(ended)
            if ended.reason:
                found[ended.reason].append(ended)
        for reason, requests in found.items():
            new = self._with_events(requests)
            self._retained[reason].extend(new)
            if reason == "slow":
                self._count_slow_parts(new)
                self._log(new[-_MAX_LOGGED:])

    def recent(self) -> tuple[RequestSummary, ...]:
        """Return the last requests, and the retained ones, the newest first."""
        self.retain()
        requests = {each.span_id: each for each in self._recent}
        for each in self._all_retained():
            requests.setdefault(each.request.span_id, each.request)
        newest = sorted(requests.values(), key=lambda each: -each.event.ended_s)
        times = Times.of(self._clock)
        return tuple(summary(each, times) for each in newest)

    def explanation(self, request_id: str) -> Explanation | None:
        """Return the explanation of the last request with this id, or None."""
        self.retain()
        found = self._find(request_id)
        if found is None:
            return None
        return explanation(found, self._changes, Times.of(self._clock))

    def _find(self, request_id: str) -> EndedRequest | None:
        retained = [
            each
            for each in self._all_retained()
            if each.request.event.request_id == request_id
        ]
        recent = [each for each in self._recent if each.event.request_id == request_id]
        known = {each.request.span_id for each in retained}
        new = [each for each in recent if each.span_id not in known]
        return max(
            (*retained, *self._with_events(new[-1:])),
            key=lambda each: each.request.event.ended_s,
            default=None,
        )

    def _all_retained(self) -> Iterator[EndedRequest]:
        for requests in self._retained.values():
            yield from requests

    def _with_events(
        self, requests: Iterable[JudgedRequest]
    ) -> tuple[EndedRequest, ...]:
        """Return requests with their events, as far as those are still there.

        The newest events are at the end, so that only those are read which are newer
        than the oldest of the requests.
        """
        events: dict[str, list[RequestEvent]] = {each.span_id: [] for each in requests}
        if not events:
            return ()
        oldest_s = min(each.event.started_s for each in requests)
        for event in reversed(self._events):
            if _ended_s(event) < oldest_s:
                break
            if event.trace is not None and event.trace.parent_id in events:
                events[event.trace.parent_id].append(event)
        return tuple(
            EndedRequest(
                each,
                tuple(events[each.span_id][:_MAX_EVENTS_OF_A_REQUEST]),
                self._is_complete(each.event, len(events[each.span_id])),
            )
            for each in requests
        )

    def _reason(self, event: RequestFinished) -> Reason | None:
        """Return the reason to retain a request, or None.

        A response that lacks a part has failed, whatever its status. A WebSocket
        connection is not slow.
        """
        if event.status >= _FAILED or event.failures:
            return "failed"
        if event.status == _SWITCHING_PROTOCOLS:
            return None
        is_slow = event.ended_s - event.started_s >= SLOW_S or self._missed(event)
        return "slow" if is_slow else None

    def _count_slow_parts(self, requests: Iterable[EndedRequest]) -> None:
        for each in requests:
            missed = self._missed(each.request.event)
            if missed:
                slowest, *_ = spent_times(each.request.event, each.events)
                for name in missed:
                    self._count_slow(name, slowest)

    def _log(self, slow: Iterable[EndedRequest]) -> None:
        times = Times.of(self._clock)
        for each in slow:
            missed = self._missed(each.request.event)
            self._log_slow(explanation(each, (), times), missed)

    def _missed(self, event: RequestFinished) -> list[str]:
        """Return the objectives for which a request is slow."""
        verdicts = self._objectives.now.verdicts(event)
        return [each.name for each, verdict in verdicts if verdict == "slow"]

    def _is_complete(self, request: RequestFinished, events: int) -> bool:
        """Return whether no event of a request had to give way to newer ones."""
        is_full = len(self._events) == _MAX_EVENTS
        is_covered = not is_full or _ended_s(self._events[0]) < request.started_s
        return is_covered and events <= _MAX_EVENTS_OF_A_REQUEST


def _ended_s(event: RequestEvent) -> float:
    return event.at_s if isinstance(event, FallbackUsed) else event.ended_s
