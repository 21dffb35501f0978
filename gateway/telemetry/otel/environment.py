"""The `OTEL_*` variables: each standard one has its effect, or is an error.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from weir.gateway.telemetry.otel.signals import SIGNALS, Signal

_QUEUE: Final = "OTEL_BSP_MAX_QUEUE_SIZE"
_BATCH: Final = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
_DELAY: Final = "OTEL_BSP_SCHEDULE_DELAY"
_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """The sizes of the queue and of a batch, and the time between batches."""

    spans: int = 2048
    batch: int = 512
    delay_ms: float = 5000.0


_DEFAULTS: Final = QueueLimits()


def environment_problems(
    variables: Mapping[str, str], signals: Mapping[Signal, bool]
) -> Iterator[str]:
    """Yield a message for each variable without effect, or with an invalid value.

    `signals` are those that are configured, each with true if the configuration has its
    endpoint.
    """
    for name, value in sorted(variables.items()):
        if not value:
            continue
        if instead := _refused(name, signals):
            yield f"{name} has no effect: {instead}"
        elif name in _VALUES and not _VALUES[name][0](value):
            yield f"{name}: expected {_VALUES[name][1]}, got {value[:80]!r}"
        elif problem := _exporter_problem(name, value, signals):
            yield problem
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
_VALUES: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    _QUEUE: _NUMBER,
    _BATCH: _NUMBER,
    _DELAY: _NUMBER,
    "OTEL_SDK_DISABLED": _one_of("true", "false"),
    "OTEL_PROPAGATORS": _one_of("tracecontext,baggage", "baggage,tracecontext"),
    **{
        f"OTEL_EXPORTER_OTLP_{signal}{key}": check
        for signal in ("", *(f"{each.upper()}_" for each in SIGNALS))
        for key, check in {
            "ENDPOINT": _URL,
            "PROTOCOL": _PROTOCOL,
            "COMPRESSION": _COMPRESSION,
            "TIMEOUT": _SECONDS,
        }.items()
    },
}
"""The variables whose values are checked; the SDK would warn and use a default."""

_REFUSED: Final[Mapping[str, str]] = {
    "OTEL_TRACES_SAMPLER": "use telemetry.traces.sample",
    "OTEL_BSP_EXPORT_TIMEOUT": "use OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_CONFIG_FILE": "use the section telemetry",
    "OTEL_EXPERIMENTAL_CONFIG_FILE": "use the section telemetry",
    "OTEL_LOG_LEVEL": "the log has all levels",
    "OTEL_EXPORTER_OTLP_INSECURE": "the scheme of the endpoint decides",
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE": "the scheme of the endpoint decides",
    "OTEL_EXPORTER_OTLP_METRICS_INSECURE": "the scheme of the endpoint decides",
    "OTEL_EXPORTER_OTLP_LOGS_INSECURE": "the scheme of the endpoint decides",
    "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_": "metrics are cumulative",
    "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_": "the buckets of histograms are fixed",
    "OTEL_EXPORTER_PROMETHEUS_": "metrics are at /metrics of the control port",
    "OTEL_EXPORTER_ZIPKIN_": "traces are sent by OTLP",
    "OTEL_EXPORTER_JAEGER_": "traces are sent by OTLP",
    "OTEL_METRIC_EXPORT_INTERVAL": "use telemetry.metrics.interval",
    "OTEL_METRIC_EXPORT_TIMEOUT": "use OTEL_EXPORTER_OTLP_METRICS_TIMEOUT",
    "OTEL_METRICS_EXEMPLAR_FILTER": "exemplars are those of sampled traces",
    "OTEL_BLRP_": "the queue of log records has a fixed size",
}
"""The beginnings of the names of variables without effect."""


def _refused(name: str, signals: Mapping[Signal, bool]) -> str:
    """Return why a variable has no effect, or ""."""
    for start, instead in _REFUSED.items():
        if name.startswith(start):
            return instead
    for signal in SIGNALS:
        own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_"
        if name.startswith(own) and signal not in signals:
            return f"telemetry.{signal} is not configured"
        if name == f"{own}ENDPOINT" and signals.get(signal):
            return f"telemetry.{signal}.endpoint is set"
    if name == _ENDPOINT and signals and all(signals.values()):
        return ", ".join(f"telemetry.{each}.endpoint is set" for each in signals)
    return ""


def _exporter_problem(name: str, value: str, signals: Mapping[Signal, bool]) -> str:
    """Return why an exporter that the environment chooses is not possible, or ""."""
    for signal in SIGNALS:
        expected = "otlp" if signal in signals else "none"
        chosen = value.strip().lower()
        if name == f"OTEL_{signal.upper()}_EXPORTER" and chosen != expected:
            return f'{name}: expected "{expected}", got {value[:80]!r}'
    return ""
