"""The sinks of events: metrics, the log and traces."""
