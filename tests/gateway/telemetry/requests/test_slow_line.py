"""The line of a slow request: the times of its parts."""

from typing import Any

from msgspec import structs

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.telemetry.objective import (
    CurrentObjectives,
    Objective,
    Objectives,
)
from weir.gateway.telemetry.requests.explanation import Explanation
from weir.gateway.telemetry.requests.recorder import SLOW_S, RequestRecorder
from weir.gateway.telemetry.requests.slow_line import slow_members
from weir.gateway.telemetry.requests.spent_time import SpentTime
from weir.gateway.trace_parent import TraceParent

SLOW = structs.replace(events.REQUEST, ended_s=events.REQUEST.started_s + SLOW_S)


def recorder() -> tuple[RequestRecorder, list[Explanation]]:
    logged: list[Explanation] = []
    made = RequestRecorder(
        FakeClock(),
        lambda *_: None,
        lambda slow, _: logged.append(slow),
        CurrentObjectives(),
    )
    return made, logged


def test_the_plan_each_fetch_and_each_attempt_have_their_time() -> None:
    made, logged = recorder()
    for event in (events.PLAN, events.FETCH, events.ATTEMPT, SLOW):
        made.emit(event)
    made.retain()
    made.retain()

    (slow,) = logged
    line = slow_members(slow)
    assert (line["event"], line["request_id"]) == ("slow_request", "r1")
    assert (line["trace_id"], line["span_id"]) == (
        SLOW.trace.trace_id,
        SLOW.trace.parent_id,
    )
    assert line["duration_ms"] == 1000.0
    assert line["complete"]
    parts = {each["kind"]: each for each in line["parts"]}
    assert parts["prepare"]["duration_ms"] == 2.0
    assert parts["fetch"] == {
        "kind": "fetch",
        "name": "catalog",
        "start_ms": 0.0,
        "duration_ms": 4.0,
        "outcome": "ok",
        "place": "popular.@",
    }
    assert parts["attempt"]["instance"] == "http://127.0.0.1:5101"
    assert parts["attempt"]["attempt"] == 1


def test_many_slow_requests_have_few_lines() -> None:
    made, logged = recorder()
    for number in range(300):
        trace = TraceParent(trace_id="a" * 32, parent_id=f"{number:016x}")
        made.emit(structs.replace(SLOW, trace=trace))
    made.retain()

    assert len(logged) == 20


def test_a_line_has_the_first_parts_alone() -> None:
    made, logged = recorder()
    for _ in range(60):
        made.emit(events.FETCH)
    made.emit(SLOW)
    made.retain()

    line = slow_members(logged[0])
    assert (len(line["parts"]), line["complete"]) == (50, False)


def test_fast_and_failed_requests_have_no_line() -> None:
    made, logged = recorder()
    made.emit(events.REQUEST)
    made.emit(structs.replace(SLOW, status=504))
    made.retain()

    assert logged == []


def test_a_missed_objective_is_logged_with_what_spent_the_time() -> None:
    objectives, lines = CurrentObjectives(), list[Any]()
    objectives.now = Objectives(
        [Objective(client_type="web", operation="Home", within_s=0.2, target=0.99)]
    )
    counted: list[tuple[str, SpentTime]] = []
    made = RequestRecorder(
        FakeClock(),
        lambda *each: counted.append(each),
        lambda slow, missed: lines.append(slow_members(slow, missed)),
        objectives,
    )
    began_s = events.REQUEST.started_s
    slow = structs.replace(events.REQUEST, ended_s=began_s + 0.5, client_s=0.1)
    queue = structs.replace(
        events.STEP,
        step="queue",
        service="catalog",
        started_s=began_s,
        ended_s=began_s + 0.3,
    )
    for event in (queue, slow):
        made.emit(event)
    made.retain()

    (line,) = lines
    assert line["objectives"] == ["web/Home"]
    assert line["spent"] == [
        {"part": "queue", "service": "catalog", "duration_ms": 300.0},
        {"part": "client", "duration_ms": 100.0},
        {"part": "gateway", "duration_ms": 100.0},
    ]
    ((objective, slowest),) = counted
    assert (objective, slowest.part, slowest.service) == (
        "web/Home",
        "queue",
        "catalog",
    )
