"""The conformance kit's runner, as its own process, in front of any gateway.

The kit counts what the subgraphs were asked, so that every figure here is of requests
that were really sent.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.audit import KIT, SUITES
from tests.support.demo import ROOT
from tests.support.ports import free_port

WEIR = (
    *(sys.executable, "-m", "weir", "serve"),
    *("--supergraph", "{supergraph}", "--port", "{port}"),
)
COMPILED_WEIR = tuple(
    "tests.support.compiled_weir" if word == "weir" else word for word in WEIR
)
"""Weir with plans that are compiled before their first use."""
_LIMIT_S = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class KitResult:
    """One test of a suite; `requests` is how many its subgraphs received for it."""

    name: str
    passed: bool
    requests: int


@dataclass(frozen=True, slots=True)
class KitRun:
    """What one gateway made of all suites; `output` is the kit's own report."""

    results: tuple[KitResult, ...]
    output: str

    @property
    def passed(self) -> frozenset[str]:
        return frozenset(each.name for each in self.results if each.passed)

    @property
    def failed(self) -> list[str]:
        return [each.name for each in self.results if not each.passed]

    @property
    def requests(self) -> int:
        return sum(each.requests for each in self.results)

    def __str__(self) -> str:
        return (
            f"{len(self.passed)} of {len(self.results)} passed,"
            f" {self.requests} subgraph requests"
        )


def run_kit(
    gateway: Sequence[str], folder: Path, suites: Path = SUITES, *, punish: bool = False
) -> KitRun:
    """Run every suite through a gateway, started anew for each.

    The words of `gateway` may have {supergraph} and {port} in them; `folder` takes
    what the kit writes.
    """
    written = folder / "results.json"
    done = subprocess.run(
        [
            *(sys.executable, str(KIT / "run.py"), "--suites", str(suites), "-v"),
            *("--gateway-cmd", shlex.join(gateway), "--json", str(written)),
            *("--gateway-port", str(free_port())),
            *("--subgraphs-port", str(free_port())),
        ],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PUNISH_FOR_POOR_PLANS": "1" if punish else "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_LIMIT_S,
    )
    assert written.exists(), done.stdout
    results = (
        KitResult(
            # As the recorded plans name it.
            name=f"{each['suite']} #{each['index'] + 1}",
            passed=each["passed"],
            requests=len(each["fetches"]),
        )
        for each in json.loads(written.read_text("utf-8"))
    )
    return KitRun(tuple(results), done.stdout)
