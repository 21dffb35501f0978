"""The exports by OpenTelemetry, from the configuration and the `OTEL_*` variables."""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.model.telemetry.telemetry import ExportSection, TelemetrySection
from weir.bffs.config.policies.mapping import to_policy
from weir.gateway.clock import Clock
from weir.gateway.telemetry.otel.signals import Signal
from weir.gateway.telemetry.traces.policy import TracePolicy

if TYPE_CHECKING:
    from weir.gateway.telemetry.log.otlp_export import LogExport
    from weir.gateway.telemetry.metrics.otlp_export import MetricsExport
    from weir.gateway.telemetry.traces.tracing import Tracing

_PACKAGES: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_REQUIREMENTS: Final = (
    "opentelemetry-sdk>=1.45",
    "opentelemetry-exporter-otlp-proto-http>=1.45",
)
"""The extra `otel` of pyproject.toml, whose name no package index has yet."""


def start_tracing(loaded: LoadedConfig, clock: Clock) -> "Tracing | None":
    """Return the traces of this process, or None if there are none; raises ConfigError.

    The packages of OpenTelemetry are imported only here and below.
    """
    section = loaded.config.telemetry.traces
    if section is None or not exports(loaded):
        return None
    from weir.gateway.telemetry.traces.tracing import Tracing  # noqa: PLC0415

    endpoint = _url("traces", section.endpoint)
    return Tracing(to_policy(section, TracePolicy, endpoint=endpoint), clock)


def start_log_export(loaded: LoadedConfig) -> "LogExport | None":
    """Return the export of the log, or None if there is none; raises ConfigError."""
    section = loaded.config.telemetry.logs
    if section is None or not exports(loaded):
        return None
    from weir.gateway.telemetry.log.otlp_export import LogExport  # noqa: PLC0415

    return LogExport(_url("logs", section.endpoint))


def start_metrics_export(loaded: LoadedConfig, clock: Clock) -> "MetricsExport | None":
    """Return the export of metrics, or None if there is none; raises ConfigError."""
    section = loaded.config.telemetry.metrics
    if section is None or not exports(loaded):
        return None
    from weir.gateway.telemetry.metrics.otlp_export import (  # noqa: PLC0415
        MetricsExport,
    )

    endpoint = _url("metrics", section.endpoint)
    return MetricsExport(endpoint, section.interval, clock)


def exports(loaded: LoadedConfig) -> bool:
    """Return whether the process sends anything; raises ConfigError if it cannot."""
    configured = _configured(loaded.config.telemetry)
    if not configured:
        return False
    path: DataPath = ("telemetry", next(iter(configured)))
    if not all(map(_is_installed, _PACKAGES)):
        message = (
            f"{'.'.join(map(str, path))}: OpenTelemetry is not installed;"
            f" run: pip install {' '.join(map(repr, _REQUIREMENTS))}"
        )
        raise loaded.error(path, message)
    from weir.gateway.telemetry.otel.environment import (  # noqa: PLC0415
        environment_problems,
        is_disabled,
    )

    if is_disabled(os.environ):
        return False
    problems = [
        loaded.document.problem(path, f"{'.'.join(map(str, path))}: {message}")
        for message in environment_problems(os.environ, configured)
    ]
    if problems:
        raise ConfigError(*problems)
    return True


def _configured(section: TelemetrySection) -> dict[Signal, bool]:
    """Return the signals to send, each with true if it has an endpoint."""
    sections: dict[Signal, ExportSection | None] = {
        "traces": section.traces,
        "metrics": section.metrics,
        "logs": section.logs,
    }
    return {
        signal: each.endpoint is not None
        for signal, each in sections.items()
        if each is not None
    }


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _url(signal: Signal, endpoint: str | None) -> str | None:
    if endpoint is None:
        return None
    split = urlsplit(endpoint)
    if split.path.strip("/"):
        return endpoint
    return split._replace(path=f"/v1/{signal}").geturl()
