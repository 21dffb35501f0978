"""The attributes of this process, for what OpenTelemetry sends of it."""

from collections.abc import Mapping
from typing import Final

from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from weir import __version__

SCOPE: Final = InstrumentationScope("weir", __version__)
"""The scope of metrics and log records; that of spans also has a schema."""


def process_resource(variables: Mapping[str, str]) -> Resource:
    """Return the attributes of this process, some of which the environment names."""
    named = variables.get("OTEL_RESOURCE_ATTRIBUTES", "")
    own = {SERVICE_VERSION: __version__}
    if "OTEL_SERVICE_NAME" not in variables and f"{SERVICE_NAME}=" not in named:
        own[SERVICE_NAME] = "weir"
    return Resource.create(own)
