"""The signals of OpenTelemetry."""

from typing import Final, Literal, TypeAlias

Signal: TypeAlias = Literal["traces", "metrics", "logs"]
SIGNALS: Final[tuple[Signal, ...]] = ("traces", "metrics", "logs")
