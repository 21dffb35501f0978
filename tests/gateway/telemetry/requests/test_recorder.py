"""The recorder: what it retains, what gives way, and what an explanation has."""

from collections.abc import Iterator
from itertools import count

from msgspec import structs

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.events import (
    AttemptFinished,
    BreakerChanged,
    CacheUsed,
    Event,
    FetchFinished,
    InstanceChanged,
    RequestFinished,
    ServiceFailure,
)
from weir.gateway.telemetry.objective import (
    CurrentObjectives,
    Objective,
    Objectives,
)
from weir.gateway.telemetry.requests.recorder import SLOW_S, RequestRecorder
from weir.gateway.trace_parent import TraceParent

FAILURE = ServiceFailure(
    service="reviews", code="UPSTREAM_TIMEOUT", count=2, detail="no reply"
)
_spans = count()


def trace() -> TraceParent:
    return TraceParent(trace_id="a" * 32, parent_id=f"{next(_spans):016x}")


def request(
    request_id: str,
    started_s: float = 0.0,
    duration_s: float = 0.01,
    *,
    status: int = 200,
    failures: tuple[ServiceFailure, ...] = (),
) -> RequestFinished:
    return structs.replace(
        events.REQUEST,
        request_id=request_id,
        trace=trace(),
        started_s=started_s,
        ended_s=started_s + duration_s,
        status=status,
        failures=failures,
    )


def attempt(
    of: RequestFinished, at_s: float = 0.0, upstream: str = "catalog"
) -> AttemptFinished:
    return structs.replace(
        events.ATTEMPT,
        request_id=of.request_id,
        trace=of.trace,
        upstream=upstream,
        started_s=of.started_s + at_s,
        ended_s=of.started_s + at_s + 0.001,
    )


def fetch(of: RequestFinished, code: str = "") -> FetchFinished:
    return FetchFinished(
        request_id=of.request_id,
        trace=of.trace,
        span_id="",
        parent_id=of.trace.parent_id,
        subgraph="catalog",
        place="popular.@",
        entities=3,
        errors=bool(code),
        error_code=code,
        started_s=of.started_s,
        ended_s=of.ended_s,
    )


def recorded(*emitted: Event) -> RequestRecorder:
    recorder = RequestRecorder(
        FakeClock(), lambda *_: None, lambda *_: None, CurrentObjectives()
    )
    for event in emitted:
        recorder.emit(event)
    return recorder


def reasons(recorder: RequestRecorder) -> dict[str, str]:
    return {each.request_id: each.reason for each in recorder.recent()}


def test_failed_and_slow_requests_are_marked() -> None:
    recorder = recorded(
        request("good"),
        request("error", status=503),
        request("partial", failures=(FAILURE,)),
        request("client's fault", status=404),
        request("slow", duration_s=SLOW_S),
        request("websocket", duration_s=SLOW_S, status=101),
    )

    assert reasons(recorder) == {
        "good": "",
        "error": "failed",
        "partial": "failed",
        "client's fault": "",
        "slow": "slow",
        "websocket": "",
    }


def test_an_explanation_has_the_parts_of_its_request_by_their_start() -> None:
    asked, other = request("r1", failures=(FAILURE,)), request("r2")
    cache = CacheUsed(
        request_id="r1",
        trace=asked.trace,
        parent_id=asked.trace.parent_id,
        cache="response",
        key_scope="catalog",
        outcome="miss",
        started_s=0.0005,
        ended_s=0.0006,
    )
    recorder = recorded(
        cache,
        attempt(asked, 0.001),
        attempt(other, 0.001),
        fetch(asked, "UPSTREAM_TIMEOUT"),
        other,
        asked,
    )

    explained = recorder.explanation("r1")

    assert explained is not None
    assert explained.complete
    assert explained.summary.failures == (FAILURE,)
    assert [(each.kind, each.outcome) for each in explained.parts] == [
        ("fetch", "UPSTREAM_TIMEOUT"),
        ("cache", "miss"),
        ("attempt", "ok"),
    ]
    assert (explained.parts[0].place, explained.parts[0].entities) == ("popular.@", 3)
    assert explained.parts[2].instance == events.ATTEMPT.instance


def test_changes_of_its_services_are_shown_and_not_those_of_others() -> None:
    asked = request("r1", started_s=100.0)

    def opened(upstream: str, at_s: float, client: str = "") -> BreakerChanged:
        return BreakerChanged(
            upstream=upstream, before="closed", after="open", at_s=at_s, client=client
        )

    recorder = recorded(
        opened("catalog", 99.0),
        opened("catalog", 98.0, client="https://id.example ada"),
        opened("catalog", 10.0),
        opened("reviews", 99.0),
        opened("catalog", 11.0, client="still open"),
        opened("catalog", 12.0, client="closed again"),
        BreakerChanged(
            upstream="catalog",
            before="open",
            after="closed",
            at_s=13.0,
            client="closed again",
        ),
        InstanceChanged(
            upstream="catalog",
            instance="http://a",
            healthy=False,
            reason="refused",
            at_s=100.005,
        ),
        opened("catalog", 101.0),
        attempt(asked),
        asked,
    )

    explained = recorder.explanation("r1")

    assert explained is not None
    assert [(round(each.at_s, 3), each.change) for each in explained.changes] == [
        (-89.0, "circuit breaker for one client: closed to open"),
        (-1.0, "circuit breaker: closed to open"),
        (-2.0, "circuit breaker for one client: closed to open"),
        (0.005, "http://a unhealthy: refused"),
    ]


def many(number: int, started_s: float) -> Iterator[RequestFinished]:
    return (request(f"later {each}", started_s) for each in range(number))


def test_a_failed_request_outlives_thousands_of_others_with_its_parts() -> None:
    failed = request("failed", status=503)
    recorder = recorded(attempt(failed), failed)
    recorder.retain()
    for later in many(10_000, 10.0):
        recorder.emit(attempt(later))
        recorder.emit(later)
        if later.request_id.endswith("000"):
            recorder.retain()

    explained = recorder.explanation("failed")

    assert explained is not None
    assert explained.complete
    assert [each.kind for each in explained.parts] == ["attempt"]
    assert recorder.explanation("later 0") is None
    assert len(recorder.recent()) <= 501


def test_a_flood_of_failures_leaves_the_slow_ones() -> None:
    recorder = recorded(request("slow", duration_s=2.0))
    recorder.retain()
    for each in range(5000):
        recorder.emit(request(f"f{each}", 10.0, status=503))
    recorder.retain()

    assert reasons(recorder)["slow"] == "slow"
    assert recorder.explanation("f4999") is not None


def test_parts_that_gave_way_are_not_hidden() -> None:
    asked = request("r1", duration_s=1.0)
    recorder = recorded(attempt(asked))
    other = request("r2")
    for _ in range(10_000):
        recorder.emit(attempt(other, 0.5))
    recorder.emit(asked)

    explained = recorder.explanation("r1")

    assert explained is not None
    assert explained.parts == ()
    assert not explained.complete


def test_of_two_requests_with_one_id_the_last_is_explained() -> None:
    recorder = recorded(
        request("same", 0.0, status=503), request("same", 10.0, status=404)
    )

    explained = recorder.explanation("same")

    assert explained is not None
    assert explained.summary.status == 404


def test_an_explanation_has_nothing_that_a_client_wrote_or_is() -> None:
    asked = structs.replace(
        request("r1", status=503),
        path="/web/v1/users/ada@example.com",
        route="/web/v1/users/{id}",
        client_address="192.0.2.77",
    )
    recorder = recorded(asked)

    shown = repr((recorder.explanation("r1"), recorder.recent()))

    assert "ada@example.com" not in shown
    assert "192.0.2.77" not in shown
    assert "/web/v1/users/{id}" in shown


def test_an_unknown_id_has_no_explanation() -> None:
    assert recorded().explanation("nowhere") is None
    assert recorded().recent() == ()


def test_a_reload_does_not_change_the_reason_of_an_earlier_request() -> None:
    current = CurrentObjectives()
    recorder = RequestRecorder(FakeClock(), lambda *_: None, lambda *_: None, current)
    strict = Objective(client_type="web", operation="", within_s=0.1, target=0.9)
    current.now = Objectives((strict,))
    for event in (slow := request("slow", 0.0, 0.2), fetch(slow)):
        recorder.emit(event)
    assert reasons(recorder) == {"slow": "slow"}

    current.now = Objectives()
    recorder.emit(request("later", 1.0, 0.2))

    assert reasons(recorder) == {"slow": "slow", "later": ""}
    explained = recorder.explanation("slow")
    assert explained is not None
    assert explained.summary.reason == "slow"
