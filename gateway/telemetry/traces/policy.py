"""The policy of traces."""

from dataclasses import dataclass
from typing import Literal

from weir.gateway.trace_parent import B3Form

TracedErrors = Literal["sampled", "always"]


@dataclass(frozen=True, slots=True)
class TracePolicy:
    """The receiver of traces, and the share of requests that have one.

    Without an `endpoint`, the environment or the default of OpenTelemetry names it.
    `sample` is the share of the traces that begin here. With `errors` "always", a
    request that fails is exported although it is not sampled. With `b3`, clients and
    services may have contexts of B3.
    """

    endpoint: str | None = None
    sample: float = 0.1
    errors: TracedErrors = "sampled"
    b3: B3Form | None = None
