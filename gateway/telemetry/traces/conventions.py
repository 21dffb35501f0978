"""The name, kind, attributes and status of the span of each event, in one table.

Names are those of the semantic conventions of `SCHEMA_URL`. Attributes that the
conventions do not have begin with `weir.`.

https://opentelemetry.io/docs/specs/semconv/http/http-spans/
https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind

from weir.gateway.events import (
    AttemptFinished,
    CacheUsed,
    Event,
    FallbackUsed,
    FetchFinished,
    OperationFinished,
    PlanBuilt,
    RequestFinished,
    StepFinished,
)

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/1.44.0"

SpanValue: TypeAlias = str | bool | int | float | tuple[str, ...]

SpanEvent: TypeAlias = (
    RequestFinished
    | StepFinished
    | PlanBuilt
    | OperationFinished
    | FetchFinished
    | AttemptFinished
    | CacheUsed
    | FallbackUsed
)

_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500
_MAX_NAME: Final = 256
_MAX_PATH: Final = 1024
_CANCELLED: Final = "CANCELLED"
_CLIENT_LEFT: Final = "CLIENT_CLOSED_REQUEST"
_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)


@dataclass(frozen=True, slots=True)
class SpanText:
    """The part of a span for readers; `error` is the reason of a failure, or ""."""

    name: str
    kind: SpanKind
    attributes: Mapping[str, SpanValue]
    error: str = ""


def request_error(event: RequestFinished) -> str:
    """Return the code of a failed request, or "".

    A response that lacks a part is a failure, whatever its status. A request that the
    client sent wrongly, or left, is not.
    """
    if event.status >= _SERVER_ERROR:
        return event.error_code or str(event.status)
    if event.failures:
        return event.failures[0].code
    if event.status < _CLIENT_ERROR and event.error_code != _CLIENT_LEFT:
        return event.error_code
    return ""


def _request(event: RequestFinished) -> SpanText:
    method = event.method if event.method in _METHODS else "_OTHER"
    shown = event.method if event.method in _METHODS else "HTTP"
    attributes: dict[str, SpanValue] = {
        "http.request.method": method,
        "url.scheme": event.scheme,
        "url.path": event.path[:_MAX_PATH],
        "http.route": event.route,
        "http.response.status_code": event.status,
        "weir.client_type": event.client_type,
        "weir.request_id": event.request_id,
        "weir.generation": event.generation_id,
    }
    if event.client_address:
        attributes["client.address"] = event.client_address
    if event.operation:
        attributes["weir.stored_operation"] = event.operation
    if event.cut_off:
        attributes["weir.cut_off"] = True
    if event.failures:
        attributes["weir.failed_services"] = _names(event)
    return _failing(
        SpanText(f"{shown} {event.route}", SpanKind.SERVER, attributes),
        request_error(event),
    )


def _names(event: RequestFinished) -> tuple[str, ...]:
    services = (each.service for each in event.failures if each.service)
    return tuple(dict.fromkeys(services))


def _step(event: StepFinished) -> SpanText:
    attributes = {"service.peer.name": event.service} if event.service else {}
    return SpanText(event.step, SpanKind.INTERNAL, attributes)


def _plan(event: PlanBuilt) -> SpanText:
    return SpanText("prepare", SpanKind.INTERNAL, {"weir.plan.fetches": event.fetches})


def _operation(event: OperationFinished) -> SpanText:
    attributes: dict[str, SpanValue] = {"graphql.operation.type": event.kind}
    if event.operation:
        attributes["graphql.operation.name"] = event.operation[:_MAX_NAME]
    # The conventions have SERVER. Here, the span of the request is that of the server,
    # and a second one would double the requests in metrics that are made from spans.
    return _failing(
        SpanText(event.kind, SpanKind.INTERNAL, attributes), event.error_code
    )


def _fetch(event: FetchFinished) -> SpanText:
    attributes: dict[str, SpanValue] = {
        "weir.subgraph": event.subgraph,
        "weir.fetch.entities": event.entities,
    }
    if event.errors:
        attributes["weir.fetch.errors"] = event.errors
    error = "" if event.error_code == _CANCELLED else event.error_code
    return _failing(
        SpanText(f"fetch {event.subgraph}", SpanKind.INTERNAL, attributes), error
    )


def _attempt(event: AttemptFinished) -> SpanText:
    method, _, path = event.endpoint.partition(" ")
    host, port = _address(event.instance)
    attributes: dict[str, SpanValue] = {
        "http.request.method": method,
        "url.template": path,
        "server.address": host,
        "server.port": port,
        "service.peer.name": event.upstream,
        "weir.attempt.outcome": event.outcome,
    }
    if "{" not in path:
        attributes["url.full"] = event.instance + path
    if event.status:
        attributes["http.response.status_code"] = event.status
    if event.attempt > 1:
        attributes["http.request.resend_count"] = event.attempt - 1
    return _failing(
        SpanText(event.endpoint, SpanKind.CLIENT, attributes), _attempt_error(event)
    )


def _attempt_error(event: AttemptFinished) -> str:
    if event.status >= _CLIENT_ERROR:
        return str(event.status)
    # A hedge that was slower than the other, or a client that left.
    return "" if event.outcome in ("ok", _CANCELLED) else event.outcome


def _cache(event: CacheUsed) -> SpanText:
    attributes: dict[str, SpanValue] = {
        "weir.cache": event.cache,
        "weir.cache.outcome": event.outcome,
        "service.peer.name": event.key_scope,
    }
    return SpanText("cache lookup", SpanKind.INTERNAL, attributes)


def _fallback(event: FallbackUsed) -> SpanText:
    attributes: dict[str, SpanValue] = {
        "service.peer.name": event.upstream,
        "weir.fallback.kind": event.kind,
        "weir.fallback.reason": event.reason,
    }
    return SpanText("fallback", SpanKind.INTERNAL, attributes)


def _failing(text: SpanText, error: str) -> SpanText:
    if not error:
        return text
    attributes = {**text.attributes, "error.type": error}
    return SpanText(text.name, text.kind, attributes, error)


@lru_cache(maxsize=1024)
def _address(instance: str) -> tuple[str, int]:
    split = urlsplit(instance)
    port = split.port or (443 if split.scheme == "https" else 80)
    return split.hostname or instance, port


SPANS: Final[Mapping[type[Event], Callable[[Any], SpanText]]] = {
    RequestFinished: _request,
    StepFinished: _step,
    PlanBuilt: _plan,
    OperationFinished: _operation,
    FetchFinished: _fetch,
    AttemptFinished: _attempt,
    CacheUsed: _cache,
    FallbackUsed: _fallback,
}
"""The text of the span of each event; other events have no span."""
