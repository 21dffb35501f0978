"""OpenTelemetry traces: events as spans, and their way to the collector."""
