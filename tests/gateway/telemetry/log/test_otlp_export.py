"""The log by OTLP: records of lines, a bounded queue, and a collector that is away."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson
import pytest
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult

from tests.support.conditions import until
from tests.support.events import SECURITY
from tests.support.fake_clock import FakeClock
from weir.gateway.telemetry.log.audit_log import AuditSink
from weir.gateway.telemetry.log.otlp_export import LogExport, log_record

LINE = {
    "ts": "2026-11-29T18:31:51.384Z",
    "level": "warning",
    "event": "request",
    "request_id": "r1",
    "trace_id": "a" * 32,
    "span_id": "b" * 16,
    "status": 200,
    "failures": [{"service": "reviews", "code": "UPSTREAM_TIMEOUT", "count": 1}],
}
MESSAGE = {
    "ts": "2026-11-29T18:31:51.384Z",
    "level": "error",
    "event": "log",
    "logger": "app",
    "message": "it broke",
}


class Received(LogRecordExporter):
    """An exporter whose collector may be away, or may not respond."""

    def __init__(self) -> None:
        self.records: list[ReadableLogRecord] = []
        self.responds = threading.Event()
        self.responds.set()
        self.is_away = self.is_broken = False

    def export(self, batch: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        self.responds.wait()
        if self.is_broken:
            raise OSError
        if self.is_away:
            return LogRecordExportResult.FAILURE
        self.records.extend(batch)
        return LogRecordExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 0) -> bool:  # noqa: ARG002
        return True

    def shutdown(self) -> None:
        pass


@contextmanager
def exporting() -> Iterator[tuple[LogExport, Received]]:
    received = Received()
    export = LogExport(None, received)
    yield export, received
    received.responds.set()
    export.close()


def test_a_line_is_a_record_with_its_trace() -> None:
    record = log_record(orjson.dumps(LINE))

    assert (record.trace_id, record.span_id) == (int("a" * 32, 16), int("b" * 16, 16))
    assert (record.severity_text, record.event_name) == ("warning", "request")
    assert record.timestamp == 1795977111384000000
    assert record.body == "request"
    assert record.attributes == {
        name: LINE[name] for name in ("request_id", "status", "failures")
    }


def test_the_message_of_a_log_record_is_its_body() -> None:
    record = log_record(orjson.dumps(MESSAGE))

    assert (record.body, record.trace_id) == ("it broke", 0)
    assert record.attributes == {"logger": "app"}


def test_lines_are_sent_as_they_can_be_encoded() -> None:
    with exporting() as (export, received):
        export.add(orjson.dumps(LINE))
        export.add(orjson.dumps(MESSAGE))

    assert len(received.records) == 2
    assert b"UPSTREAM_TIMEOUT" in encode_logs(received.records).SerializeToString()
    assert export.counts()[0] == (("exported",), 2)


def test_a_collector_that_does_not_respond_costs_lines_above_the_bound() -> None:
    line = orjson.dumps(MESSAGE)
    with exporting() as (export, received):
        received.responds.clear()
        for _ in range(11_000):
            export.add(line)
        dropped = dict(export.counts())["dropped",]

    assert dropped >= 11_000 - 10_000 - 512


async def test_a_collector_that_is_away_is_counted() -> None:
    with exporting() as (export, received):
        received.is_away = True
        export.add(orjson.dumps(MESSAGE))
        await until(lambda: export.counts()[1] == (("failed",), 1))


async def test_an_export_that_raises_is_counted_and_the_next_one_succeeds() -> None:
    with exporting() as (export, received):
        received.is_broken = True
        export.add(orjson.dumps(MESSAGE))
        await until(lambda: export.counts()[1] == (("failed",), 1))
        received.is_broken = False
        export.add(orjson.dumps(MESSAGE))
        await until(lambda: export.counts()[0] == (("exported",), 1))


def test_lines_of_the_audit_log_have_no_severity() -> None:
    with exporting() as (export, received):
        AuditSink(export.add, FakeClock()).emit(SECURITY)

    (record,) = [each.log_record for each in received.records]
    assert (record.event_name, record.severity_text) == ("audit", None)
    assert b"audit" in encode_logs(received.records).SerializeToString()


def test_ids_of_another_system_are_not_those_of_a_trace() -> None:
    record = log_record(orjson.dumps({**MESSAGE, "trace_id": "job-7", "span_id": "1"}))

    assert (record.body, record.trace_id) == ("it broke", 0)


@pytest.mark.parametrize(
    "logger", ["opentelemetry.exporter.otlp.proto.http", "weir.logs"]
)
def test_what_the_export_logs_is_not_sent_again(logger: str) -> None:
    with exporting() as (export, received):
        export.add(orjson.dumps({**MESSAGE, "logger": logger}))

    assert received.records == []
