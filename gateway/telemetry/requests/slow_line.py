"""The line of the log for a slow request: its parts, by their start."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from weir.gateway.telemetry.requests.explanation import Explanation, Part

_MAX_PARTS: Final = 50

LogSlow: TypeAlias = Callable[[Explanation], None]
"""A function that logs a slow request."""


def slow_members(slow: Explanation) -> dict[str, Any]:
    """Return the members of the line, apart from its time."""
    summary = slow.summary
    return {
        "level": "warning",
        "event": "slow_request",
        "request_id": summary.request_id,
        "trace_id": slow.trace_id,
        "client_type": summary.client_type,
        "generation": slow.generation,
        "method": summary.method,
        "route": summary.route,
        "operation": summary.operation,
        "status": summary.status,
        "duration_ms": _ms(summary.duration_s),
        "parts": [_part(each) for each in slow.parts[:_MAX_PARTS]],
        "complete": slow.complete and len(slow.parts) <= _MAX_PARTS,
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "name": part.name,
        "start_ms": _ms(part.start_s),
        "duration_ms": _ms(part.duration_s),
        "outcome": part.outcome,
        **({"instance": part.instance} if part.instance else {}),
        **({"attempt": part.attempt} if part.attempt else {}),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
