"""Measures the CPU of plain routes beside other proxies, by the kit `../shared/bench`.

A GET of 128 bytes is passed on to one service. With `weir-cached`, the response cache
of the upstream has it after the first request. The kit's README describes the
installation of the others, which are under BENCH_HOME.

    python -m benchmarks.bench_rest [--repeats 3] [--targets nginx,fast-gateway]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bench_queries import KIT
from benchmarks.processes import ROOT, free_port

SETTINGS = {"weir": "proxied", "weir-cached": "cached"}
PEERS = "nginx,express-hpm,fastify-proxy,fast-gateway,naive-fastapi"


def config(port: int, upstream: str, *, cached: bool) -> dict[str, object]:
    """Return a configuration with the defaults, and a cache for an hour if wanted."""
    service: dict[str, object] = {"instances": [upstream]}
    if cached:
        service["cache"] = {"ttl": "1h"}
    return {
        "server": {"port": port, "control": f"127.0.0.1:{free_port()}"},
        "upstreams": {"users": service},
        "routes": {
            "all": {"path": "/*", "proxy": {"upstream": "users", "cache": cached}}
        },
    }


def serve(options: argparse.Namespace) -> None:
    """Become a gateway, so that the kit measures its process alone."""
    file = Path(tempfile.mkdtemp(prefix="weir-rest-")) / "weir.yaml"
    cached = options.serve == "cached"
    file.write_text(json.dumps(config(options.port, options.upstream, cached=cached)))
    arguments = [sys.executable, "-m", "weir", "serve", "--config", str(file)]
    os.execv(sys.executable, arguments)  # noqa: S606 - this very interpreter


def measure(options: argparse.Namespace) -> int:
    kit = [sys.executable, str(KIT / "bench.py"), "--queries", "rest"]
    kit += ["--baseline", "nginx", "--targets", options.targets]
    kit += ["--gateway-kind", "rest", "--gateway-cwd", str(ROOT)]
    kit += ["--repeats", str(options.repeats), "--duration", "6", "--warmup", "4"]
    for name, setting in SETTINGS.items():
        command = (
            f"{sys.executable} -m benchmarks.bench_rest --serve {setting}"
            " --port {port} --upstream {upstream}"
        )
        kit += ["--gateway-cmd", f"{name}={command}"]
    return subprocess.run(kit, check=False).returncode  # noqa: S603 - the kit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--targets", default=PEERS)
    parser.add_argument("--serve", choices=tuple(SETTINGS.values()), default=None)
    parser.add_argument("--port", type=int, default=0)
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
