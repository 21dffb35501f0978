import logging
import os

import orjson
import pytest
from msgspec import structs

from tests.support import events
from tests.support.fake_clock import FakeClock
from weir.gateway.events import Event, ServiceFailure
from weir.gateway.telemetry.log.json_log import JsonLogSink, Timestamps
from weir.gateway.telemetry.log.log_records import JsonLogHandler

REQUEST_LINE: dict[str, object] = {
    "level": "info",
    "event": "request",
    "request_id": "r1",
    "trace_id": "a" * 32,
    "span_id": "3" * 16,
    "client_type": "web",
    "generation": "g1",
    "method": "GET",
    "route": "/web/v1/home",
    "operation": "Home",
    "status": 200,
    "code": "",
    "duration_ms": 12.346,
    "bytes_in": 0,
    "bytes": 512,
    "client": "192.0.2.7",
}
OF_REQUEST = {
    "request_id": "r1",
    "trace_id": events.TRACE.trace_id,
    "span_id": events.TRACE.parent_id,
    "client_type": "web",
}
LINES = [
    (
        events.REQUEST,
        REQUEST_LINE,
    ),
    (
        structs.replace(events.REQUEST, client_name="shop", client_version="1.2"),
        {**REQUEST_LINE, "client_name": "shop", "client_version": "1.2"},
    ),
    (
        structs.replace(events.REQUEST, client_name="shop"),
        {**REQUEST_LINE, "client_name": "shop"},
    ),
    (
        events.BREAKER,
        {
            "level": "warning",
            "event": "breaker_changed",
            "upstream": "catalog",
            "operation": "",
            "before": "closed",
            "after": "open",
        },
    ),
    (
        events.INSTANCE,
        {
            "level": "warning",
            "event": "instance_changed",
            "upstream": "catalog",
            "instance": "http://127.0.0.1:5101",
            "healthy": False,
            "reason": "3 failed attempts",
        },
    ),
    (
        events.DISCOVERY,
        {
            "level": "warning",
            "event": "discovery_changed",
            "upstream": "catalog",
            "source": "consul",
            "stale": True,
            "reason": "no response",
        },
    ),
    (
        events.SHARED_STORE,
        {
            "level": "warning",
            "event": "shared_store_changed",
            "store": "redis",
            "available": False,
            "reason": "no reply in time",
        },
    ),
    (
        events.GENERATION,
        {
            "level": "info",
            "event": "generation_changed",
            "before": "g1",
            "after": "g2",
        },
    ),
    (
        events.REJECTED,
        {
            "level": "error",
            "event": "config_rejected",
            "reason": "weir.yaml:3: unknown key",
        },
    ),
    (
        events.STALLED,
        {
            "level": "warning",
            "event": "event_loop_stalled",
            "lag_ms": 250,
            "cpu_ms": 31,
            "stack": ["json.loads:9", "asyncio.run:1"],
        },
    ),
    (
        events.UNKNOWN,
        {
            "level": "warning",
            "event": "unknown_operation",
            **OF_REQUEST,
            "operation": "Home",
            "sha256": "0" * 64,
            "client": "192.0.2.7",
        },
    ),
    (
        events.EXCEEDED,
        {
            "level": "warning",
            "event": "operation_cost_exceeded",
            **OF_REQUEST,
            "operation": "Home",
            "estimated": 120,
            "maximum": 100,
            "rejected": True,
        },
    ),
    (
        events.MEASURED,
        {
            "level": "warning",
            "event": "operation_limit_exceeded",
            **OF_REQUEST,
            "operation": "Home",
            "measured": "levels",
            "found": 12,
            "limit": 10,
        },
    ),
]


@pytest.mark.parametrize(("event", "fields"), LINES)
def test_an_event_is_one_json_line(event: Event, fields: dict[str, object]) -> None:
    written: list[bytes] = []
    sink = JsonLogSink(written.append, FakeClock(0.25))

    assert sink.receiver(type(event))
    sink.emit(event)

    (line,) = written
    assert b"\n" not in line
    assert orjson.loads(line) == {"ts": "2025-06-15T15:06:40.250Z", **fields}


@pytest.mark.parametrize("event", [events.ATTEMPT, events.FETCH, events.CACHE])
def test_what_happens_many_times_a_request_is_not_logged(event: Event) -> None:
    assert not JsonLogSink(lambda _: None, FakeClock()).receiver(type(event))


def test_timestamps_follow_the_clock_over_a_second() -> None:
    clock = FakeClock(0.999)
    timestamps = Timestamps(clock)
    first = timestamps.text()
    clock.advance(0.0025)

    assert first == "2025-06-15T15:06:40.999Z"
    assert timestamps.text() == "2025-06-15T15:06:41.001Z"


def test_log_records_are_lines_of_the_same_log() -> None:
    written: list[bytes] = []
    handler = JsonLogHandler(written.append, FakeClock(0.0))
    error = ValueError("one\ntwo")
    record = logging.LogRecord(
        "weir.edge", logging.ERROR, "f", 1, "request %s failed", ("r1",), None
    )
    record.exc_info = (ValueError, error, None)

    handler.emit(record)

    (line,) = written
    assert b"\n" not in line
    assert orjson.loads(line) == {
        "ts": "2025-06-15T15:06:40.000Z",
        "level": "error",
        "event": "log",
        "logger": "weir.edge",
        "message": "request r1 failed",
        "exception": "ValueError: one\ntwo\n",
    }


@pytest.mark.parametrize(("status", "level"), [(200, "warning"), (502, "error")])
def test_a_partial_response_names_the_services_that_failed(
    status: int, level: str
) -> None:
    written: list[bytes] = []
    failure = ServiceFailure(service="reviews", code="TIMEOUT", count=7, detail="late")
    event = structs.replace(events.REQUEST, status=status, failures=(failure,))

    JsonLogSink(written.append, FakeClock()).emit(event)

    line = orjson.loads(written[0])
    assert line["level"] == level
    assert line["failures"] == [
        {"service": "reviews", "code": "TIMEOUT", "count": 7, "detail": "late"}
    ]


def test_surrogates_are_escaped_wherever_they_are() -> None:
    written: list[bytes] = []
    sink = JsonLogSink(written.append, FakeClock())
    name = os.fsdecode(b"weir-\xff.yaml")
    failure = ServiceFailure(service="", code="TIMEOUT", count=1, detail=name)

    sink.emit(structs.replace(events.REJECTED, reason=name))
    sink.emit(structs.replace(events.REQUEST, failures=(failure,)))

    rejected, request = map(orjson.loads, written)
    assert rejected["reason"] == "weir-\\udcff.yaml"
    assert request["failures"][0]["detail"] == "weir-\\udcff.yaml"
