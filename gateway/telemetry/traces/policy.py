"""The policy of traces."""

from dataclasses import dataclass
from typing import Literal

TracedErrors = Literal["sampled", "always"]


@dataclass(frozen=True, slots=True)
class TracePolicy:
    """The receiver of traces, and the share of requests that have one.

    Without an `endpoint`, the environment or the default of OpenTelemetry names it.
    `sample` is the share of the traces that begin here. With `errors` "always", a
    request that fails is exported although it is not sampled.
    """

    endpoint: str | None = None
    sample: float = 0.1
    errors: TracedErrors = "sampled"
