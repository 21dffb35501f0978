"""One JSON line per request, and per change worth reading about."""

import time
from collections.abc import Callable
from typing import Any, TypeAlias

import orjson

from weir.gateway.clock import Clock
from weir.gateway.events import (
    BreakerChanged,
    ConfigRejected,
    ControlDecision,
    CostExceeded,
    DiscoveryChanged,
    Event,
    EventLoopStalled,
    EventReceiver,
    GenerationChanged,
    HealthEndpointMissing,
    InstanceChanged,
    LimitMeasured,
    PanicChanged,
    PhaseChanged,
    RequestFinished,
    SdlCopyUsed,
    ServiceFailure,
    SharedStoreChanged,
    UnknownOperation,
)
from weir.gateway.json_types import JSONValue, is_list, is_object

WriteLine: TypeAlias = Callable[[bytes], None]
Line: TypeAlias = dict[str, Any]
"""The members of a line: JSON values, whose texts may have surrogates."""
Encode: TypeAlias = Callable[[Line], bytes]
"""A function that returns a line as JSON; the line is used up."""
_OUR_FAULT = 500
_MAX_NAME = 200


class Timestamps:
    """A formatter of RFC 3339 times in milliseconds, with a cache for the second."""

    __slots__ = ("_clock", "_prefix", "_second")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -1
        self._prefix = ""

    def text(self) -> str:
        now_s = self._clock.epoch_s()
        second = int(now_s)
        if second != self._second:
            self._second = second
            self._prefix = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._prefix}.{int((now_s - second) * 1000):03d}Z"


def encoded(line: Line) -> bytes:
    """Return a line as JSON; surrogates, which JSON cannot have, are escaped."""
    try:
        return orjson.dumps(line)
    except TypeError:
        return orjson.dumps(_escaped(line))


def _escaped(value: JSONValue) -> JSONValue:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if is_object(value):
        return {name: _escaped(each) for name, each in value.items()}
    if is_list(value):
        return [_escaped(each) for each in value]
    return value


class JsonLogSink:
    """A sink that passes events as lines to `write` (such as LineWriter.write)."""

    def __init__(
        self, write: WriteLine, clock: Clock, encode: Encode = encoded
    ) -> None:
        self._write = write
        self._encode = encode
        self._timestamps = Timestamps(clock)
        self._lines: dict[type[Event], Callable[[str, Any], Line]] = {
            RequestFinished: _request_line,
            BreakerChanged: _breaker_line,
            InstanceChanged: _instance_line,
            PanicChanged: _panic_line,
            DiscoveryChanged: _discovery_line,
            HealthEndpointMissing: _health_endpoint_line,
            SdlCopyUsed: _sdl_copy_line,
            SharedStoreChanged: _shared_store_line,
            GenerationChanged: _generation_line,
            ConfigRejected: _rejection_line,
            PhaseChanged: _phase_line,
            EventLoopStalled: _stall_line,
            ControlDecision: _control_line,
            UnknownOperation: _unknown_operation_line,
            CostExceeded: _cost_line,
            LimitMeasured: _limit_line,
        }

    def receiver(self, event_type: type[Event]) -> EventReceiver | None:
        return self.emit if event_type in self._lines else None

    def emit(self, event: Event) -> None:
        line = self._lines[type(event)](self._timestamps.text(), event)
        self._write(self._encode(line))


def _request_line(ts: str, event: RequestFinished) -> Line:
    line: Line = {
        "ts": ts,
        "level": _level(event),
        "event": "request",
        "request_id": event.request_id,
        "trace_id": event.trace.trace_id,
        "span_id": event.trace.parent_id,
        "client_type": event.client_type,
        "generation": event.generation_id,
        "method": event.method,
        "route": event.route,
        "operation": event.operation,
        "status": event.status,
        "code": event.error_code,
        "duration_ms": round((event.ended_s - event.started_s) * 1000, 3),
        "bytes_in": event.bytes_in,
        "bytes": event.bytes_out,
        "client": event.client_address,
    }
    line |= _application(event)
    if event.cut_off:
        line["cut_off"] = True
    if event.failures:
        line["failures"] = [_failure(each) for each in event.failures]
    return line


def _application(event: RequestFinished | UnknownOperation) -> Line:
    if not event.client_name:
        return {}
    version = {"client_version": event.client_version} if event.client_version else {}
    return {"client_name": event.client_name, **version}


def _level(event: RequestFinished) -> str:
    if event.status >= _OUR_FAULT:
        return "error"
    return "warning" if event.failures else "info"


def _failure(failure: ServiceFailure) -> Line:
    return {
        "service": failure.service,
        "code": failure.code,
        "count": failure.count,
        "detail": failure.detail,
    }


def _breaker_line(ts: str, event: BreakerChanged) -> Line:
    return {
        "ts": ts,
        "level": "info" if event.after == "closed" else "warning",
        "event": "breaker_changed",
        "upstream": event.upstream,
        "operation": event.operation,
        **({"client": event.client} if event.client else {}),
        "before": event.before,
        "after": event.after,
    }


def _instance_line(ts: str, event: InstanceChanged) -> Line:
    return {
        "ts": ts,
        "level": "info" if event.healthy else "warning",
        "event": "instance_changed",
        "upstream": event.upstream,
        "instance": event.instance,
        "healthy": event.healthy,
        "reason": event.reason,
    }


def _health_endpoint_line(ts: str, event: HealthEndpointMissing) -> Line:
    return {
        "ts": ts,
        "level": "warning",
        "event": "health_endpoint_missing",
        "upstream": event.upstream,
        "url": event.url,
        "status": event.status,
        "fix": "set `health.path`, or `health: {active: false}`",
    }


def _sdl_copy_line(ts: str, event: SdlCopyUsed) -> Line:
    return {
        "ts": ts,
        "level": "warning",
        "event": "sdl_copy_used",
        "subgraph": event.subgraph,
        "sha256": event.sha256,
        "age_s": round(event.age_s),
        "reason": event.reason,
    }


def _control_line(ts: str, event: ControlDecision) -> Line:
    return {
        "ts": ts,
        "level": "warning" if event.reason else "info",
        "event": "control_request",
        "outcome": event.outcome,
        "code": event.reason,
        "method": event.method,
        "path": event.path,
        "status": event.status,
        "token": event.token,
        "client": event.client_address,
    }


def _discovery_line(ts: str, event: DiscoveryChanged) -> Line:
    return {
        "ts": ts,
        "level": "warning" if event.stale else "info",
        "event": "discovery_changed",
        "upstream": event.upstream,
        "source": event.source,
        "stale": event.stale,
        "reason": event.reason,
    }


def _panic_line(ts: str, event: PanicChanged) -> Line:
    return {
        "ts": ts,
        "level": "warning" if event.panic else "info",
        "event": "panic_changed",
        "upstream": event.upstream,
        "panic": event.panic,
        "healthy": event.healthy,
        "instances": event.instances,
    }


def _shared_store_line(ts: str, event: SharedStoreChanged) -> Line:
    return {
        "ts": ts,
        "level": "info" if event.available else "warning",
        "event": "shared_store_changed",
        "store": event.store,
        "available": event.available,
        "reason": event.reason,
    }


def _generation_line(ts: str, event: GenerationChanged) -> Line:
    return {
        "ts": ts,
        "level": "info",
        "event": "generation_changed",
        "before": event.before,
        "after": event.after,
    }


def _rejection_line(ts: str, event: ConfigRejected) -> Line:
    return {
        "ts": ts,
        "level": "error",
        "event": "config_rejected",
        "reason": event.reason,
    }


def _phase_line(ts: str, event: PhaseChanged) -> Line:
    return {
        "ts": ts,
        "level": "warning" if event.phase == "cut_off" else "info",
        "event": "phase_changed",
        "phase": event.phase,
    }


def _stall_line(ts: str, event: EventLoopStalled) -> Line:
    return {
        "ts": ts,
        "level": "warning",
        "event": "event_loop_stalled",
        "lag_ms": round(event.lag_s * 1000),
        "cpu_ms": round(event.cpu_s * 1000),
        "stack": list(event.stack),
    }


def _unknown_operation_line(ts: str, event: UnknownOperation) -> Line:
    return {
        "ts": ts,
        "level": "warning",
        "event": "unknown_operation",
        "request_id": event.request_id,
        **event.trace.log_fields(),
        "client_type": event.client_type,
        "operation": event.operation[:_MAX_NAME],
        "sha256": event.sha256_hash,
        "client": event.client_address,
        **_application(event),
    }


def _cost_line(ts: str, event: CostExceeded) -> Line:
    return {
        "ts": ts,
        "level": "warning",
        "event": "operation_cost_exceeded",
        "request_id": event.request_id,
        **event.trace.log_fields(),
        "client_type": event.client_type,
        "operation": event.operation[:_MAX_NAME],
        **({"subgraph": event.subgraph} if event.subgraph else {}),
        "estimated": event.estimated,
        "maximum": event.maximum,
        "rejected": event.rejected,
    }


def _limit_line(ts: str, event: LimitMeasured) -> Line:
    return {
        "ts": ts,
        "level": "warning",
        "event": "operation_limit_exceeded",
        "request_id": event.request_id,
        **event.trace.log_fields(),
        "client_type": event.client_type,
        "operation": event.operation[:_MAX_NAME],
        "measured": event.measured,
        **({"found": event.found} if event.found else {}),
        "limit": event.limit,
    }
