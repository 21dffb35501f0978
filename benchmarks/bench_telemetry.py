"""Measures what metrics and logs cost the gateway, for the light query.

Both are always on, so that `benchmarks.silenced` serves without them. One gateway is
without both, and there is one with each, and one as it is served (see `side_by_side`).
The record of the last requests is on with the metrics. The log is written to /dev/null.

    python -m benchmarks.bench_telemetry [--requests 1000] [--rounds 60]
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.bench_queries import KIT
from benchmarks.processes import own_cores
from benchmarks.side_by_side import PLAIN, Setting, compare

SETTINGS: Final[Mapping[str, Setting]] = {
    "both off": Setting({}, module=("benchmarks.silenced", "metrics,log")),
    "metrics": Setting({}, module=("benchmarks.silenced", "log")),
    "log": Setting({}, module=("benchmarks.silenced", "metrics")),
    "both": PLAIN,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    if not KIT.exists():
        sys.exit(f"{KIT} is missing")
    with tempfile.TemporaryDirectory() as folder:
        for line in compare(
            Path(folder), SETTINGS, own_cores(), options.requests, options.rounds
        ):
            print(line, flush=True)


if __name__ == "__main__":
    main()
