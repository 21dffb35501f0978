"""Measures what rate limits cost the gateway, for the light query of `bench_queries`.

One gateway is without limits, and there is one for each kind (see `side_by_side`). A
request counts for one limit by address, which is never reached, and its response
describes it. An expression in CEL returns the same key.

    python -m benchmarks.bench_limits [--requests 1000] [--rounds 60]
"""

from typing import Any

from benchmarks.processes import redis_server
from benchmarks.side_by_side import PLAIN, Setting, parser, show

LIMITS: dict[str, Any] = {
    "rate_limits": {"address": {"rate": "100000 per 1s", "key": "address"}}
}
EXPRESSION: dict[str, Any] = {
    "rate_limits": {
        "address": {"rate": "100000 per 1s", "key": "cel:request.client_address"}
    }
}


def main() -> None:
    options = parser(__doc__).parse_args()
    with redis_server() as port:
        redis = {"redis": {"url": f"redis://127.0.0.1:{port}"}}
        settings = {
            "no limits": PLAIN,
            "in process": Setting(LIMITS),
            "key in CEL": Setting(EXPRESSION),
            "with Redis": Setting(LIMITS | redis),
        }
        show(settings, options)


if __name__ == "__main__":
    main()
