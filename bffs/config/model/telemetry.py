"""The model of telemetry beyond the log and the metrics, which are always on."""

from weir.bffs.config.model.section import Section
from weir.bffs.config.model.values.scalars import Share
from weir.bffs.config.model.values.urls import CollectorUrl
from weir.gateway.telemetry.traces.policy import TracedErrors, TracePolicy

# The defaults are those of the policy.
_TRACES = TracePolicy()


class TracesSection(Section):
    """OpenTelemetry traces by OTLP over HTTP, with the extra `otel`."""

    endpoint: CollectorUrl | None = _TRACES.endpoint
    """URL of the collector, such as `http://collector:4318`; the path is `/v1/traces`
    if the URL has none. Without it, `OTEL_EXPORTER_OTLP_ENDPOINT` or
    `http://localhost:4318`."""
    sample: Share = _TRACES.sample
    """Share of the requests that are traced. A client with a `traceparent` has decided
    for its requests."""
    errors: TracedErrors = _TRACES.errors
    """`always` also exports a request that fails without being sampled, without the
    spans of its services."""


class TelemetrySection(Section):
    """Telemetry that the gateway sends."""

    traces: TracesSection | None = None
