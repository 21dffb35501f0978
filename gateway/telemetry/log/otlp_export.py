"""Lines of the JSON log as log records of OpenTelemetry.

Lines wait in a bounded queue. A thread makes their records and sends them, so that a
collector that is slow or down delays no request.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExporter, LogRecordExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

from weir.gateway.telemetry.otel.resource import SCOPE, process_resource

_LOG: Final = logging.getLogger("weir.logs")
_TURN_S: Final = 1.0
_FLUSH_S: Final = 1.0
_MAX_WAITING: Final = 10_000
_BATCH: Final = 512
_NS_PER_S: Final = 1_000_000_000
_OWN: Final = (b'"logger":"opentelemetry.', b'"logger":"weir.logs"')
"""In each line of the export itself, whose failures would be sent to no end."""
_SEVERITIES: Final = {
    "debug": SeverityNumber.DEBUG,
    "info": SeverityNumber.INFO,
    "warning": SeverityNumber.WARN,
    "error": SeverityNumber.ERROR,
    "critical": SeverityNumber.FATAL,
}
_PLACED: Final = frozenset({"ts", "level", "event", "message", "trace_id", "span_id"})
"""The members of a line that have a place of their own in a record."""


class LogExport:
    """The queue of lines, and the thread that sends them to the `endpoint`.

    Without one, the environment or the default of OpenTelemetry names it.
    """

    def __init__(
        self, endpoint: str | None, exporter: LogRecordExporter | None = None
    ) -> None:
        self._exporter = exporter or OTLPLogExporter(endpoint)
        self._resource = process_resource(os.environ)
        self._lines: deque[bytes] = deque()
        self._closing = threading.Event()
        self._dropped = self._exported = self._failed = 0
        # A daemon: the process must end although the collector does not respond.
        self._thread = threading.Thread(
            target=self._run, name="weir-log-export", daemon=True
        )
        self._thread.start()

    def add(self, line: bytes) -> None:
        """Queue one line of the log; never block."""
        if any(own in line for own in _OWN):
            return
        if len(self._lines) >= _MAX_WAITING:
            self._dropped += 1
        else:
            self._lines.append(line)

    def counts(self) -> list[tuple[tuple[str], int]]:
        """Return the number of lines by outcome, for the metrics."""
        return [
            (("exported",), self._exported),
            (("failed",), self._failed),
            (("dropped",), self._dropped),
        ]

    def close(self) -> None:
        """Send what is queued, for a second at most."""
        self._closing.set()
        self._thread.join(_FLUSH_S)

    def _run(self) -> None:
        while not self._closing.wait(_TURN_S):
            self._send_waiting()
        self._send_waiting()

    def _send_waiting(self) -> None:
        while self._lines:
            count = min(_BATCH, len(self._lines))
            self._send([self._lines.popleft() for _ in range(count)])

    def _send(self, lines: Sequence[bytes]) -> None:
        result = LogRecordExportResult.FAILURE
        try:
            records = [
                ReadableLogRecord(log_record(line), self._resource, SCOPE)
                for line in lines
            ]
            result = self._exporter.export(records)
        except Exception:  # noqa: BLE001 - the next export may succeed
            _LOG.exception("log records were not sent")
        if result is LogRecordExportResult.SUCCESS:
            self._exported += len(lines)
        else:
            self._failed += len(lines)


def log_record(line: bytes) -> LogRecord:
    """Return the record of a line; members without a place there are attributes.

    Lines of the audit log have no level.
    """
    members: dict[str, Any] = orjson.loads(line)
    level = members.get("level")
    timestamp = datetime.fromisoformat(members["ts"]).timestamp()
    return LogRecord(
        timestamp=round(timestamp * _NS_PER_S),
        context=_context(members.get("trace_id", ""), members.get("span_id", "")),
        severity_text=level,
        severity_number=_SEVERITIES.get(level or ""),
        body=members.get("message", members["event"]),
        event_name=members["event"],
        attributes={
            name: value for name, value in members.items() if name not in _PLACED
        },
    )


def _context(trace_id: str, span_id: str) -> Context:
    """Return a context with the span of a line, or an empty one.

    The ids of a log record may be those of another system.
    """
    try:
        span = SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False)
    except ValueError:
        return Context()
    return set_span_in_context(NonRecordingSpan(span), Context())
