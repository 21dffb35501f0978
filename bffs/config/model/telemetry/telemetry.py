"""The model of telemetry beyond the log and the metrics, which are always on."""

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Duration, Share
from weir.bffs.config.model.values.texts import FileName
from weir.bffs.config.model.values.urls import CollectorUrl, SentryDsn
from weir.gateway.telemetry.traces.policy import TracedErrors, TracePolicy
from weir.gateway.trace_parent import B3Form

# The defaults are those of the policy.
_TRACES = TracePolicy()


class ExportSection(Section):
    """A signal that is sent to a collector by OTLP over HTTP, with the extra `otel`."""

    endpoint: CollectorUrl | None = None
    """URL of the collector, such as `http://collector:4318`; the path is that of the
    signal, such as `/v1/traces`, if the URL has none. Without it,
    `OTEL_EXPORTER_OTLP_ENDPOINT` or `http://localhost:4318`."""


class TracesSection(ExportSection):
    """OpenTelemetry traces by OTLP over HTTP, with the extra `otel`."""

    sample: Share = _TRACES.sample
    """Share of the requests that are traced. A client with a `traceparent` has decided
    for its requests."""
    errors: TracedErrors = _TRACES.errors
    """`always` also exports a request that fails without being sampled, without the
    spans of its services."""
    b3: B3Form | None = _TRACES.b3
    """Form of B3 that services get beside `traceparent`: the field `b3` (`single`), or
    `X-B3-TraceId` and others (`multiple`). Clients may send both forms."""


class MetricsSection(ExportSection):
    """Metrics by OTLP over HTTP, beside `/metrics`, with the extra `otel`."""

    interval: Duration = 60.0
    """Time between two exports of all metrics."""


class LogsSection(ExportSection):
    """The log by OTLP over HTTP, beside standard output, with the extra `otel`."""


class CapsulesSection(Section):
    """Files with the state of the gateway when an incident begins, the last 20."""

    folder: FileName
    """Folder of the files, relative to this file."""


class SentrySection(Section):
    """Unexpected exceptions, sent to Sentry, with the extra `sentry`."""

    dsn: SentryDsn
    """DSN of the project, such as `${SENTRY_DSN}`. `SENTRY_ENVIRONMENT` and
    `SENTRY_RELEASE` name the environment and the release."""


class TelemetrySection(Section):
    """Telemetry that the gateway sends."""

    traces: TracesSection | None = None
    metrics: MetricsSection | None = None
    logs: LogsSection | None = None
    capsules: CapsulesSection | None = None
    sentry: SentrySection | None = None
