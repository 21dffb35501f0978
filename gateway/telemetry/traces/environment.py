"""The `OTEL_*` variables: each standard one has its effect, or is an error.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from weir.gateway.telemetry.traces.export import QueueLimits

_QUEUE: Final = "OTEL_BSP_MAX_QUEUE_SIZE"
_BATCH: Final = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
_DELAY: Final = "OTEL_BSP_SCHEDULE_DELAY"
_ENDPOINTS: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
)
_DEFAULTS: Final = QueueLimits()


def environment_problems(
    variables: Mapping[str, str], *, has_endpoint: bool
) -> Iterator[str]:
    """Yield a message for each variable without effect, or with an invalid value.

    `has_endpoint` is true if the configuration has an endpoint.
    """
    for name, value in sorted(variables.items()):
        if not value:
            continue
        if instead := _refused(name):
            yield f"{name} has no effect: {instead}"
        elif has_endpoint and name in _ENDPOINTS:
            yield f"{name} has no effect: telemetry.traces.endpoint is set"
        elif name in _VALUES and not _VALUES[name][0](value):
            yield f"{name}: expected {_VALUES[name][1]}, got {value[:80]!r}"
    # Both are numbers, unless there is a problem already.
    if _size(variables, _BATCH, 0) > _size(variables, _QUEUE, _DEFAULTS.spans):
        yield f"{_BATCH}: the batch is larger than the queue ({_QUEUE})"


def queue_limits(variables: Mapping[str, str]) -> QueueLimits:
    """Return the limits of the queue; the variables have no problems."""
    spans = _size(variables, _QUEUE, _DEFAULTS.spans)
    return QueueLimits(
        spans=spans,
        batch=_size(variables, _BATCH, min(_DEFAULTS.batch, spans)),
        delay_ms=_size(variables, _DELAY, int(_DEFAULTS.delay_ms)),
    )


def is_disabled(variables: Mapping[str, str]) -> bool:
    """Return whether the environment switches OpenTelemetry off."""
    return variables.get("OTEL_SDK_DISABLED", "").lower() == "true"


def _size(variables: Mapping[str, str], name: str, default: int) -> int:
    text = variables.get(name, "")
    return int(text) if _is_positive(text) else default


def _is_positive(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None and int(text) > 0


def _is_seconds(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) is not None


def _is_url(text: str) -> bool:
    try:
        split = urlsplit(text)
        return split.scheme in ("http", "https") and bool(split.hostname)
    except ValueError:
        return False


def _one_of(*allowed: str) -> tuple[Callable[[str], bool], str]:
    return (
        lambda text: text.strip().lower() in allowed,
        " or ".join(f'"{each}"' for each in allowed),
    )


_NUMBER: Final = (_is_positive, "a positive number")
_URL: Final = (_is_url, 'a URL such as "http://collector:4318"')
_SECONDS: Final = (_is_seconds, "seconds")
_COMPRESSION: Final = _one_of("none", "gzip", "deflate")
_PROTOCOL: Final = _one_of("http/protobuf")
_NO_EXPORTER: Final = _one_of("none")

_VALUES: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    _QUEUE: _NUMBER,
    _BATCH: _NUMBER,
    _DELAY: _NUMBER,
    "OTEL_SDK_DISABLED": _one_of("true", "false"),
    "OTEL_TRACES_EXPORTER": _one_of("otlp"),
    "OTEL_METRICS_EXPORTER": _NO_EXPORTER,
    "OTEL_LOGS_EXPORTER": _NO_EXPORTER,
    "OTEL_PROPAGATORS": _one_of("tracecontext,baggage", "baggage,tracecontext"),
    "OTEL_EXPORTER_OTLP_ENDPOINT": _URL,
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": _URL,
    "OTEL_EXPORTER_OTLP_PROTOCOL": _PROTOCOL,
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": _PROTOCOL,
    "OTEL_EXPORTER_OTLP_COMPRESSION": _COMPRESSION,
    "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": _COMPRESSION,
    "OTEL_EXPORTER_OTLP_TIMEOUT": _SECONDS,
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": _SECONDS,
}
"""The variables whose values are checked; the SDK would warn and use a default."""

_REFUSED: Final[Mapping[str, str]] = {
    "OTEL_TRACES_SAMPLER": "use telemetry.traces.sample",
    "OTEL_BSP_EXPORT_TIMEOUT": "use OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_CONFIG_FILE": "use telemetry.traces",
    "OTEL_EXPERIMENTAL_CONFIG_FILE": "use telemetry.traces",
    "OTEL_LOG_LEVEL": "the log has all levels",
    "OTEL_EXPORTER_OTLP_INSECURE": "the scheme of the endpoint decides",
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE": "the scheme of the endpoint decides",
    "OTEL_EXPORTER_OTLP_METRICS_": "metrics are at /metrics of the control port",
    "OTEL_EXPORTER_OTLP_LOGS_": "the log is on standard output",
    "OTEL_EXPORTER_PROMETHEUS_": "metrics are at /metrics of the control port",
    "OTEL_EXPORTER_ZIPKIN_": "traces are sent by OTLP",
    "OTEL_EXPORTER_JAEGER_": "traces are sent by OTLP",
    "OTEL_METRIC_EXPORT_": "metrics are at /metrics of the control port",
    "OTEL_METRICS_EXEMPLAR_FILTER": "metrics are at /metrics of the control port",
    "OTEL_BLRP_": "the log is on standard output",
}
"""The beginnings of the names of variables without effect."""


def _refused(name: str) -> str:
    return next(
        (instead for start, instead in _REFUSED.items() if name.startswith(start)), ""
    )
