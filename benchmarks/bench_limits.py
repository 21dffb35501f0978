"""Measures what rate limits cost the gateway, for the light query of `bench_queries`.

One gateway is without limits, and there is one for each kind (see `side_by_side`). A
request counts for one limit by address, which is never reached, and its response
describes it. An expression in CEL returns the same key.

    python -m benchmarks.bench_limits [--requests 1000] [--rounds 60]
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.bench_queries import KIT
from benchmarks.processes import own_cores, redis_server
from benchmarks.side_by_side import PLAIN, Setting, compare

LIMITS: dict[str, Any] = {
    "rate_limits": {"address": {"rate": "100000 per 1s", "key": "address"}}
}
EXPRESSION: dict[str, Any] = {
    "rate_limits": {
        "address": {"rate": "100000 per 1s", "key": "cel:request.client_address"}
    }
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=60)
    options = parser.parse_args()
    if not KIT.exists():
        sys.exit(f"{KIT} is missing")
    with tempfile.TemporaryDirectory() as folder, redis_server() as port:
        redis = {"redis": {"url": f"redis://127.0.0.1:{port}"}}
        settings = {
            "no limits": PLAIN,
            "in process": Setting(LIMITS),
            "key in CEL": Setting(EXPRESSION),
            "with Redis": Setting(LIMITS | redis),
        }
        for line in compare(
            Path(folder), settings, own_cores(), options.requests, options.rounds
        ):
            print(line, flush=True)


if __name__ == "__main__":
    main()
