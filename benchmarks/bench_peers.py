"""Measures the CPU of Weir beside other gateways, by the kit in `../shared/bench`.

Weir runs in three settings: identical queries in flight are executed once (the
default), only identical calls to services are shared, and nothing is shared. The kit's
README describes the installation of the others, which are under BENCH_HOME.

    python -m benchmarks.bench_peers [--repeats 3] [--targets apollo,mercurius]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bench_queries import KIT, SUBGRAPHS
from benchmarks.processes import ROOT, free_port

SETTINGS = {"weir": "queries", "weir-calls": "calls", "weir-unshared": "nothing"}
PEERS = (
    "apollo,mercurius,hive-rt,hive-rt-upstream-dedupe,hive-rt-full-dedupe,"
    "hive-js-full-dedupe"
)


def config(port: int, supergraph: str, upstream: str, shared: str) -> dict[str, object]:
    """Return a configuration with the defaults, except for what is shared."""
    service = {"instances": [upstream], "coalesce": shared != "nothing"}
    return {
        "server": {"port": port, "control": f"127.0.0.1:{free_port()}"},
        "supergraph": supergraph,
        "upstreams": dict.fromkeys(SUBGRAPHS, service),
        "facades": {"graph": {"path": "", "coalesce": shared == "queries"}},
    }


def serve(options: argparse.Namespace) -> None:
    """Become a gateway, so that the kit measures its process alone."""
    file = Path(tempfile.mkdtemp(prefix="weir-peers-")) / "weir.yaml"
    file.write_text(
        json.dumps(
            config(options.port, options.supergraph, options.upstream, options.serve)
        )
    )
    arguments = [sys.executable, "-m", "weir", "serve", "--config", str(file)]
    os.execv(sys.executable, arguments)  # noqa: S606 - this very interpreter


def command(shared: str) -> str:
    """Return the command of a setting, with the placeholders of the kit."""
    return (
        f"{sys.executable} -m benchmarks.bench_peers --serve {shared} --port {{port}}"
        " --supergraph {supergraph} --upstream {upstream}"
    )


def measure(options: argparse.Namespace) -> int:
    kit = [sys.executable, str(KIT / "bench.py"), "--baseline", "apollo"]
    kit += ["--targets", options.targets, "--gateway-cwd", str(ROOT)]
    kit += ["--repeats", str(options.repeats), "--duration", "6", "--warmup", "4"]
    for name, shared in SETTINGS.items():
        kit += ["--gateway-cmd", f"{name}={command(shared)}"]
    return subprocess.run(kit, check=False).returncode  # noqa: S603 - the kit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--targets", default=PEERS)
    parser.add_argument("--serve", choices=tuple(SETTINGS.values()), default=None)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--supergraph", default="")
    parser.add_argument("--upstream", default="")
    options = parser.parse_args()
    if options.serve:
        serve(options)
    if not KIT.exists():
        print(f"{KIT} is missing: skipped")
        return 0
    return measure(options)


if __name__ == "__main__":
    sys.exit(main())
