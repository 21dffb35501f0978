"""The line of the log for a slow request: its parts, by their start."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from weir.gateway.telemetry.requests.explanation import Explanation, Part
from weir.gateway.telemetry.requests.spent_time import SpentTime

_MAX_PARTS: Final = 50

LogSlow: TypeAlias = Callable[[Explanation, Sequence[str]], None]
"""A function that logs a slow request, and the objectives that it has missed."""


def slow_members(slow: Explanation, missed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the members of the line, apart from its time.

    `missed` are the names of the objectives for which the request is slow.
    """
    summary = slow.summary
    return {
        "level": "warning",
        "event": "slow_request",
        "request_id": summary.request_id,
        "trace_id": slow.trace_id,
        "span_id": slow.span_id,
        "client_type": summary.client_type,
        "generation": slow.generation,
        "method": summary.method,
        "route": summary.route,
        "operation": summary.operation,
        "status": summary.status,
        "duration_ms": _ms(summary.duration_s),
        **({"objectives": list(missed)} if missed else {}),
        "spent": [_spent(each) for each in slow.spent],
        "parts": [_part(each) for each in slow.parts[:_MAX_PARTS]],
        "complete": slow.complete and len(slow.parts) <= _MAX_PARTS,
    }


def _spent(spent: SpentTime) -> dict[str, Any]:
    return {
        "part": spent.part,
        **({"service": spent.service} if spent.service else {}),
        "duration_ms": _ms(spent.seconds),
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "name": part.name,
        "start_ms": _ms(part.start_s),
        "duration_ms": _ms(part.duration_s),
        "outcome": part.outcome,
        **({"place": part.place} if part.place else {}),
        **({"instance": part.instance} if part.instance else {}),
        **({"attempt": part.attempt} if part.attempt else {}),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
