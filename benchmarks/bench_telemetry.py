"""Measures what metrics and logs cost the gateway, for the light query.

Both cannot be turned off, so that `benchmarks.silenced` serves without them. Four
gateways are compared (see `side_by_side`): without both, with one of them each, and as
it is served. The record of the last requests is on with the metrics. The log is written
to /dev/null.

    python -m benchmarks.bench_telemetry [--requests 1000] [--rounds 60]
"""

from collections.abc import Mapping
from typing import Final

from benchmarks.side_by_side import PLAIN, Setting, parser, show

SETTINGS: Final[Mapping[str, Setting]] = {
    "both off": Setting({}, module=("benchmarks.silenced", "metrics,log")),
    "metrics": Setting({}, module=("benchmarks.silenced", "log")),
    "log": Setting({}, module=("benchmarks.silenced", "metrics")),
    "both": PLAIN,
}


if __name__ == "__main__":
    show(SETTINGS, parser(__doc__).parse_args())
