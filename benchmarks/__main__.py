"""`make bench`: CPU of the gateway per request; it takes two to three minutes.

The other benchmarks run as modules, such as `python benchmarks/bench_front.py`.
"""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks import bench_queries, bench_screens
from benchmarks.processes import ROOT


def machine() -> str:
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{len(models)} x {models[0]}" if models else "unknown machine"


def commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "no git"


def main() -> None:
    load = " ".join(Path("/proc/loadavg").read_text().split()[:3])
    print(f"{machine()}, Python {sys.version.split()[0]}, commit {commit()}")
    print(f"{time.strftime('%Y-%m-%d')}, load average before: {load}")
    print("\nHome screens\n")
    bench_screens.main()
    print("\nFederated queries\n")
    bench_queries.main()


if __name__ == "__main__":
    main()
