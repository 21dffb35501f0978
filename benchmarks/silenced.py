"""`weir` without metrics or without its log, to measure what they cost.

A sink without receivers gets no event, so that none is built for it.

    python -m benchmarks.silenced metrics,log serve --config weir.yaml
"""

import sys
from collections.abc import Mapping
from typing import Any, Final

from weir.bffs.cli.main import main as weir
from weir.gateway.telemetry.log.json_log import JsonLogSink
from weir.gateway.telemetry.metrics.sink import MetricsSink
from weir.gateway.telemetry.requests.recorder import RequestRecorder

SINKS: Final[Mapping[str, tuple[Any, ...]]] = {
    "metrics": (MetricsSink, RequestRecorder),
    "log": (JsonLogSink,),
}


def no_receiver(*_: object) -> None:
    """Return no receiver for a class of events."""


def main() -> None:
    for name in sys.argv.pop(1).split(","):
        for sink in SINKS[name]:
            sink.receiver = no_receiver
    weir()


if __name__ == "__main__":
    main()
