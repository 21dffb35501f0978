"""The kit `../shared/bench`, which measures the CPU of Weir beside other gateways.

The kit starts the gateway of each setting by `--serve SETTING` of the benchmark, with
what only the kit knows, such as the port. Its README describes the installation of the
others, which are under BENCH_HOME.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from benchmarks.bench_queries import KIT
from benchmarks.processes import ROOT

_TIMES: Final = ("--duration", "6", "--warmup", "4")


@dataclass(frozen=True, slots=True)
class Peers:
    """The settings of Weir that a benchmark compares with other gateways.

    `given` are the options that the kit fills in. `config` returns the configuration of
    `options.serve`, one of the values of `settings`. `targets` are the others, and
    `arguments` more options of the kit.
    """

    module: str
    settings: Mapping[str, str]
    given: tuple[str, ...]
    config: Callable[[argparse.Namespace], Mapping[str, Any]]
    targets: str
    arguments: tuple[str, ...]

    def main(self, description: str | None) -> int:
        """Run the kit, or become the gateway of a setting."""
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("--repeats", type=int, default=3)
        parser.add_argument("--targets", default=self.targets)
        parser.add_argument("--serve", choices=tuple(self.settings.values()))
        for each in self.given:
            parser.add_argument(f"--{each}")
        options = parser.parse_args()
        if options.serve:
            serve(self.config(options))
        if not KIT.exists():
            print(f"{KIT} is missing: skipped")
            return 0
        return self._measure(options)

    def _measure(self, options: argparse.Namespace) -> int:
        kit = [sys.executable, str(KIT / "bench.py"), *self.arguments, *_TIMES]
        kit += ["--targets", options.targets, "--gateway-cwd", str(ROOT)]
        kit += ["--repeats", str(options.repeats)]
        given = " ".join(f"--{each} {{{each}}}" for each in self.given)
        for name, setting in self.settings.items():
            command = f"{sys.executable} -m {self.module} --serve {setting} {given}"
            kit += ["--gateway-cmd", f"{name}={command}"]
        return subprocess.run(kit, check=False).returncode  # noqa: S603 - the kit


def serve(config: Mapping[str, Any]) -> NoReturn:
    """Become a gateway, so that the kit measures its process alone."""
    file = Path(tempfile.mkdtemp(prefix="weir-bench-")) / "weir.yaml"
    file.write_text(json.dumps(config))
    arguments = [sys.executable, "-m", "weir", "serve", "--config", str(file)]
    os.execv(sys.executable, arguments)  # noqa: S606 - this very interpreter
