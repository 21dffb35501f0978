"""The members of the lines of the log, apart from those that each line has."""

from typing import Final

ALWAYS: Final = frozenset({"ts", "level", "event"})
MEMBERS: Final = frozenset(
    {
        *("request_id", "trace_id", "span_id", "client_type", "generation"),
        *("method", "route", "operation", "status", "code", "duration_ms"),
        *("bytes_in", "bytes", "client", "client_name", "client_version", "cut_off"),
        *("failures", "upstream", "before", "after", "instance", "healthy", "reason"),
        *("url", "fix", "subgraph", "sha256", "age_s", "outcome", "path", "token"),
        *("source", "stale", "panic", "instances", "store", "available"),
        *("lag_ms", "cpu_ms", "stack", "estimated", "maximum", "rejected"),
        *("measured", "found", "limit", "logger", "message", "exception"),
        *("parts", "complete", "spent", "objectives", "phase"),
    }
)
