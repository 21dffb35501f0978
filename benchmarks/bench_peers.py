"""Measures the CPU of Weir beside other gateways, by the kit in `../shared/bench`.

Weir runs in three settings: identical queries in flight are executed once (the
default), only identical calls to services are shared, and nothing is shared.

    python -m benchmarks.bench_peers [--repeats 3] [--targets apollo,mercurius]
"""

import argparse
import sys
from typing import Any

from benchmarks.bench_queries import SUBGRAPHS
from benchmarks.kit import Peers
from benchmarks.processes import free_port


def config(options: argparse.Namespace) -> dict[str, Any]:
    """Return a configuration with the defaults, except for what is shared."""
    shared = options.serve
    service = {"instances": [options.upstream], "coalesce": shared != "nothing"}
    return {
        "server": {"port": options.port, "control": f"127.0.0.1:{free_port()}"},
        "supergraph": options.supergraph,
        "upstreams": dict.fromkeys(SUBGRAPHS, service),
        "facades": {"graph": {"path": "", "coalesce": shared == "queries"}},
    }


PEERS = Peers(
    module="benchmarks.bench_peers",
    settings={"weir": "queries", "weir-calls": "calls", "weir-unshared": "nothing"},
    given=("port", "supergraph", "upstream"),
    config=config,
    targets=(
        "apollo,mercurius,hive-rt,hive-rt-upstream-dedupe,hive-rt-full-dedupe,"
        "hive-js-full-dedupe"
    ),
    arguments=("--baseline", "apollo"),
)


if __name__ == "__main__":
    sys.exit(PEERS.main(__doc__))
