"""The start of traces, from the configuration and the `OTEL_*` variables."""

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from weir.bffs.config.decode import LoadedConfig
from weir.bffs.config.errors import ConfigError
from weir.bffs.config.model.position import DataPath
from weir.bffs.config.policies.mapping import to_policy
from weir.gateway.clock import Clock
from weir.gateway.telemetry.traces.policy import TracePolicy

if TYPE_CHECKING:
    from weir.gateway.telemetry.traces.tracing import Tracing

_TRACES: Final[DataPath] = ("telemetry", "traces")
_PACKAGES: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_REQUIREMENTS: Final = (
    "opentelemetry-sdk>=1.45",
    "opentelemetry-exporter-otlp-proto-http>=1.45",
)
"""The extra `otel` of pyproject.toml, whose name no package index has yet."""
_PATH: Final = "/v1/traces"


def start_tracing(loaded: LoadedConfig, clock: Clock) -> "Tracing | None":
    """Return the traces of this process, or None if there are none; raises ConfigError.

    The packages of OpenTelemetry are imported only here.
    """
    section = loaded.config.telemetry.traces
    if section is None or not has_traces(loaded):
        return None
    from weir.gateway.telemetry.traces.tracing import Tracing  # noqa: PLC0415

    endpoint = section.endpoint and _with_path(section.endpoint)
    return Tracing(to_policy(section, TracePolicy, endpoint=endpoint), clock)


def has_traces(loaded: LoadedConfig) -> bool:
    """Return whether the process sends traces; raises ConfigError if it cannot."""
    section = loaded.config.telemetry.traces
    if section is None:
        return False
    if not all(map(_is_installed, _PACKAGES)):
        message = (
            "telemetry.traces: OpenTelemetry is not installed;"
            f" run: pip install {' '.join(map(repr, _REQUIREMENTS))}"
        )
        raise loaded.error(_TRACES, message)
    from weir.gateway.telemetry.traces.environment import (  # noqa: PLC0415
        environment_problems,
        is_disabled,
    )

    if is_disabled(os.environ):
        return False
    has_endpoint = section.endpoint is not None
    problems = [
        loaded.document.problem(_TRACES, f"telemetry.traces: {message}")
        for message in environment_problems(os.environ, has_endpoint=has_endpoint)
    ]
    if problems:
        raise ConfigError(*problems)
    return True


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


def _with_path(endpoint: str) -> str:
    split = urlsplit(endpoint)
    return endpoint if split.path.strip("/") else split._replace(path=_PATH).geturl()
