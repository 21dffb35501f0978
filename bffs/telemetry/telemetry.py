"""The telemetry of one process, from its configuration."""

import asyncio
import logging
import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.policies.server import worker_count
from weir.bffs.telemetry.audit import audit_file
from weir.bffs.telemetry.log import log_encoder, log_sink, slow_log
from weir.bffs.telemetry.otel import start_log_export, start_tracing
from weir.bffs.telemetry.sentry import start_sentry
from weir.gateway.clock import Clock
from weir.gateway.context import CurrentSpans
from weir.gateway.server.process.loop_watch import LoopWatch
from weir.gateway.telemetry.fan_out import FanOut
from weir.gateway.telemetry.log.audit_log import AuditSink
from weir.gateway.telemetry.log.json_log import WriteLine
from weir.gateway.telemetry.log.levels import LogLevels
from weir.gateway.telemetry.log.line_writer import LineWriter, Output
from weir.gateway.telemetry.log.log_records import JsonLogHandler, no_ids
from weir.gateway.telemetry.log.shared_output import SharedOutput
from weir.gateway.telemetry.metrics.label_registry import LabelRegistry
from weir.gateway.telemetry.metrics.rates import RateHistory
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.metrics.snapshot import Labels
from weir.gateway.telemetry.metrics.store import MetricsStore
from weir.gateway.telemetry.objective import CurrentObjectives, Objectives
from weir.gateway.telemetry.requests.recorder import RequestRecorder
from weir.gateway.telemetry.requests.spent_time import SpentTime

if TYPE_CHECKING:
    from weir.gateway.telemetry.sentry import SentryReports

_STDOUT: Final = 1


class Telemetry:
    """The logs, the metrics and the traces; `sink` takes all events.

    Records of the logging module go into the log from the construction until `close`.
    The constructor raises ConfigError if the audit log cannot be opened.
    """

    def __init__(self, loaded: LoadedConfig, clock: Clock) -> None:
        tracing = self._tracing = start_tracing(loaded, clock)
        self.metrics = MetricsStore()
        self.labels = LabelRegistry(self.metrics)
        self.rates = RateHistory(self.metrics, clock)
        self._objectives = CurrentObjectives()
        self._audit = audit_file(loaded)
        self._log = LineWriter(_output(loaded))
        self._log_export = start_log_export(loaded)
        self._write: WriteLine = self._log.write
        if self._log_export is not None:
            self.metrics.exported_lines.read_from(self._log_export.counts)
            self._write = _both(self._log.write, self._log_export.add)
        ids = tracing.current_spans.ids if tracing else no_ids
        encode = log_encoder(loaded.config.log)
        self.requests = RequestRecorder(
            clock,
            self._count_slow,
            slow_log(self._write, clock, encode),
            self._objectives,
        )
        self.levels = LogLevels()
        self._sentry = self._new_sentry(loaded)
        self._records = JsonLogHandler(self._write, clock, ids, encode)
        self.attach_log()
        # Python warnings, of a resolver for example, go into the JSON log.
        logging.captureWarnings(capture=True)
        self._audit_sinks = tuple(self._new_audit(loaded, clock))
        self.sink = FanOut(
            [
                MetricsSink(self.metrics, self._objectives, clock if tracing else None),
                log_sink(loaded.config.log, self._write, clock, encode),
                self.requests,
                *self._audit_sinks,
                *([tracing.sink] if tracing else []),
            ]
        )
        self.metrics.dropped_lines.read_from(self._dropped_lines)
        if tracing is not None:
            self.metrics.spans.read_from(tracing.counts)
        self.traces = loaded.config.telemetry.traces if tracing else None
        """The section of traces; None if requests have no traces."""
        self._watch: LoopWatch | None = None
        self._recording: tuple[asyncio.Task[None], ...] = ()

    @property
    def current_spans(self) -> CurrentSpans | None:
        """The spans that run, for resolvers; None without traces."""
        return self._tracing.current_spans if self._tracing else None

    @property
    def objectives(self) -> Objectives:
        """The objectives that requests count for."""
        return self._objectives.now

    def follow(self, objectives: Objectives) -> None:
        """Count requests for these objectives from now on."""
        self._objectives.now = objectives

    def attach_log(self) -> None:
        """Write all log records as JSON, also after other code configured logging."""
        self._records.attach()
        if self._sentry is not None:
            logging.getLogger().addHandler(self._sentry)
        self.levels.apply()

    def start(self) -> None:
        """Make the spans of events from now on."""
        if self._tracing is not None:
            self._tracing.start()

    def measure(self) -> None:
        """Measure the event loop and the rates, and retain requests, from now on."""
        watch = self._watch = LoopWatch(self.sink)
        self.metrics.loop_lag.read_value(lambda: watch.lag_s)
        self._recording = (
            asyncio.create_task(self.rates.run()),
            asyncio.create_task(self.requests.run()),
        )

    async def close(self) -> None:
        """Send the spans and write the lines that are left."""
        for task in self._recording:
            task.cancel()
        if self._watch is not None:
            self._watch.close()
        if self._tracing is not None:
            await self._tracing.close()
        for sink in self._audit_sinks:
            sink.close()
        logging.captureWarnings(capture=False)
        logging.getLogger().removeHandler(self._records)
        if self._sentry is not None:
            logging.getLogger().removeHandler(self._sentry)
            await asyncio.to_thread(self._sentry.shut_down)
        self._log.close()
        if self._log_export is not None:
            await asyncio.to_thread(self._log_export.close)
        if self._audit is not None:
            self._audit.close()

    def _count_slow(self, objective: str, slowest: SpentTime) -> None:
        labels = objective, slowest.part, slowest.service
        self.metrics.slo_slow_parts.add(labels)

    def _new_sentry(self, loaded: LoadedConfig) -> "SentryReports | None":
        sentry = start_sentry(loaded)
        if sentry is not None:
            self.metrics.reported_exceptions.read_from(sentry.counts)
        return sentry

    def _new_audit(self, loaded: LoadedConfig, clock: Clock) -> Iterator[AuditSink]:
        if self._audit is not None:
            yield AuditSink(self._audit.lines.write, clock)
        elif loaded.config.audit is not None:
            yield AuditSink(self._write, clock)

    def _dropped_lines(self) -> Iterator[tuple[Labels, int]]:
        yield ("log",), self._log.dropped
        if self._audit is not None:
            yield ("audit",), self._audit.lines.dropped


def _both(one: WriteLine, other: WriteLine) -> WriteLine:
    def write(line: bytes) -> None:
        one(line)
        other(line)

    return write


def _output(loaded: LoadedConfig) -> Output:
    """Return the output of the log, which several workers share."""
    if worker_count(loaded.config.server) > 1:
        return SharedOutput(_STDOUT)
    return partial(os.write, _STDOUT)
