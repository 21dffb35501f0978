"""The log, metrics, traces, objectives and the audit log."""
