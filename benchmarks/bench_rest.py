"""Measures the CPU of plain routes beside other proxies, by the kit `../shared/bench`.

A GET of 128 bytes is passed on to one service. With `weir-cached`, the response cache
of the upstream has it after the first request.

    python -m benchmarks.bench_rest [--repeats 3] [--targets nginx,fast-gateway]
"""

import argparse
import sys
from typing import Any

from benchmarks.kit import Peers
from benchmarks.processes import free_port


def config(options: argparse.Namespace) -> dict[str, Any]:
    """Return a configuration with the defaults, and a cache for an hour if wanted."""
    cached = options.serve == "cached"
    service: dict[str, Any] = {"instances": [options.upstream]}
    if cached:
        service["cache"] = {"ttl": "1h"}
    return {
        "server": {"port": options.port, "control": f"127.0.0.1:{free_port()}"},
        "upstreams": {"users": service},
        "routes": {
            "all": {"path": "/*", "proxy": {"upstream": "users", "cache": cached}}
        },
    }


PEERS = Peers(
    module="benchmarks.bench_rest",
    settings={"weir": "proxied", "weir-cached": "cached"},
    given=("port", "upstream"),
    config=config,
    targets="nginx,express-hpm,fastify-proxy,fast-gateway,naive-fastapi",
    arguments=("--queries", "rest", "--gateway-kind", "rest", "--baseline", "nginx"),
)


if __name__ == "__main__":
    sys.exit(PEERS.main(__doc__))
