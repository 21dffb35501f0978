"""The environment of OpenTelemetry: variables, and attributes of the process."""
