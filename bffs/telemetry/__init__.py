"""The telemetry of the process: its log, metrics and traces, wired."""
