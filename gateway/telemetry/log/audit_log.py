"""One JSON line for each decision on a caller, and for each change of the gateway.

A line names the caller by verified claims. It never has a credential.
"""

from collections.abc import Callable
from typing import Any, Final

from weir.gateway.clock import Clock
from weir.gateway.events import (
    ConfigRejected,
    ControlDecision,
    Event,
    EventReceiver,
    GenerationChanged,
    RateLimitRefused,
    SecurityDecision,
)
from weir.gateway.telemetry.log.json_log import (
    Line,
    Timestamps,
    WriteLine,
    encoded,
)
from weir.gateway.telemetry.log.refused_clients import RefusedClients

_MAX_TEXT: Final = 1024
_MAX_FIELDS: Final = 50


class AuditSink:
    """A sink that passes decisions and changes as lines to `write`."""

    def __init__(self, write: WriteLine, clock: Clock) -> None:
        self._write = write
        self._timestamps = Timestamps(clock)
        self._clock = clock
        self._refused = RefusedClients(self._write_refusals)
        self._lines: dict[type[Event], Callable[[Any], Line]] = {
            SecurityDecision: _decision,
            ControlDecision: _control_request,
            GenerationChanged: _generation,
            ConfigRejected: _rejection,
        }

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        if event_type is RateLimitRefused:
            return self._add_refusal
        return self.emit if event_type in self._lines else None

    def emit(self, event: Event) -> None:
        if isinstance(event, RateLimitRefused):
            self._add_refusal(event)
            return
        self._refused.end_minute(self._clock.monotonic_s())
        self._write_line(self._lines[type(event)](event))

    def close(self) -> None:
        """Write the refusals that are left."""
        self._refused.flush()

    def _add_refusal(self, event: RateLimitRefused) -> None:
        self._refused.add(event, self._clock.monotonic_s())

    def _write_refusals(self, event: RateLimitRefused, count: int) -> None:
        self._write_line(_refusals(event, count))

    def _write_line(self, about: Line) -> None:
        line = {"ts": self._timestamps.text(), "event": "audit", **about}
        self._write(encoded(line))


def _decision(event: SecurityDecision) -> Line:
    if not event.method:
        return {
            "kind": "connection",
            "outcome": event.decision,
            "code": event.reason,
        }
    return {
        "kind": "access",
        "outcome": event.decision,
        "code": event.reason,
        "rule": event.rule,
        "request_id": event.request_id,
        "credential": event.method,
        "subject": event.subject[:_MAX_TEXT],
        "issuer": event.issuer[:_MAX_TEXT],
        "client_id": event.client_id[:_MAX_TEXT],
        "client": event.client_address,
        "client_type": event.client_type,
        "method": event.request_method,
        "route": event.route,
        **({"operation": event.operation[:_MAX_TEXT]} if event.operation else {}),
        **_fields(event.fields),
    }


def _refusals(event: RateLimitRefused, count: int) -> Line:
    return {
        "kind": "limit",
        "outcome": "refused",
        "code": "RATE_LIMITED",
        "scope": event.scope,
        "limit": event.limit,
        "count": count,
        "credential": event.method,
        "subject": event.subject[:_MAX_TEXT],
        "issuer": event.issuer[:_MAX_TEXT],
        "client_id": event.client_id[:_MAX_TEXT],
        "client": event.client_address,
    }


def _fields(coordinates: tuple[str, ...]) -> Line:
    if not coordinates:
        return {}
    omitted = len(coordinates) - _MAX_FIELDS
    more = {"fields_omitted": omitted} if omitted > 0 else {}
    return {"fields": list(coordinates[:_MAX_FIELDS]), **more}


def _control_request(event: ControlDecision) -> Line:
    return {
        "kind": "control",
        "outcome": event.outcome,
        "code": event.reason,
        "token": event.token,
        "client": event.client_address,
        "method": event.method,
        "path": event.path,
        "status": event.status,
    }


def _generation(event: GenerationChanged) -> Line:
    return {
        "kind": "generation",
        "outcome": "changed",
        "before": event.before,
        "after": event.after,
    }


def _rejection(event: ConfigRejected) -> Line:
    return {"kind": "generation", "outcome": "rejected", "reason": event.reason}
