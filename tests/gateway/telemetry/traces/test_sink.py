import pytest
from msgspec import structs

from tests.support import events
from weir.gateway.events import Event, RequestFinished, ServiceFailure
from weir.gateway.telemetry.traces.conventions import (
    SPANS,
    SpanEvent,
    request_error,
)
from weir.gateway.telemetry.traces.sink import Chosen, TraceSink
from weir.gateway.trace_parent import TraceParent

FAILED = structs.replace(events.REQUEST, status=502, error_code="UPSTREAM_TIMEOUT")
FAILURE = ServiceFailure(service="reviews", code="TIMEOUT", count=1, detail="")


def of_trace(event: SpanEvent, flags: str, request: int = 1) -> SpanEvent:
    trace = TraceParent(trace_id="a" * 32, parent_id=f"{request:016x}", flags=flags)
    return structs.replace(event, trace=trace)


def chosen(*emitted: Event, keeps_failed: bool = False) -> list[Chosen]:
    sink = TraceSink(keeps_failed=keeps_failed)
    for event in emitted:
        sink.emit(event)
    return list(sink.waiting)


def test_only_events_of_requests_are_wanted() -> None:
    sink = TraceSink(keeps_failed=True)

    assert {each for each in map(type, events.ALL) if sink.receiver(each)} == set(SPANS)


@pytest.mark.parametrize("flags", ["01", "03"])
def test_all_events_of_a_sampled_trace_are_exported(flags: str) -> None:
    sampled = [of_trace(each, flags) for each in (events.FETCH, events.REQUEST)]

    assert chosen(*sampled) == [(each, False) for each in sampled]


@pytest.mark.parametrize("flags", ["00", "02"])
def test_no_event_of_another_trace_is_exported(flags: str) -> None:
    assert not chosen(*[of_trace(each, flags) for each in (events.FETCH, FAILED)])


def test_a_failed_request_is_exported_at_its_end() -> None:
    fetch, other = of_trace(events.FETCH, "00"), of_trace(events.FETCH, "00", 2)
    failed, succeeded = of_trace(FAILED, "00"), of_trace(events.REQUEST, "00", 2)

    found = chosen(fetch, other, succeeded, failed, keeps_failed=True)

    assert found == [(fetch, True), (failed, True)]


def test_events_of_requests_that_never_end_are_bounded() -> None:
    sink = TraceSink(keeps_failed=True)
    for request in range(1, 200):
        for _ in range(300):
            sink.emit(of_trace(events.ATTEMPT, "00", request))

    sink.emit(of_trace(FAILED, "00", 1))
    assert len(sink.waiting) == 1, "the oldest has given way"
    sink.emit(of_trace(FAILED, "00", 199))
    assert len(sink.waiting) == 1 + 200 + 1, "and each has at most 200 events"


def test_events_that_wait_for_the_task_are_bounded_and_counted() -> None:
    sink = TraceSink(keeps_failed=False)
    for _ in range(10_010):
        sink.emit(of_trace(events.ATTEMPT, "01"))

    assert (len(sink.waiting), sink.dropped) == (10_000, 10)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (events.REQUEST, ""),
        (FAILED, "UPSTREAM_TIMEOUT"),
        (structs.replace(events.REQUEST, status=500), "500"),
        (structs.replace(events.REQUEST, failures=(FAILURE,)), "TIMEOUT"),
        (structs.replace(events.REQUEST, error_code="PERSISTED"), "PERSISTED"),
        (structs.replace(events.REQUEST, status=401, error_code="UNAUTHENTICATED"), ""),
        (
            structs.replace(
                events.REQUEST, status=499, error_code="CLIENT_CLOSED_REQUEST"
            ),
            "",
        ),
        (structs.replace(events.REQUEST, error_code="CLIENT_CLOSED_REQUEST"), ""),
    ],
)
def test_a_request_fails_by_an_error_that_is_not_of_its_client(
    request_: RequestFinished, error: str
) -> None:
    assert request_error(request_) == error
