"""The recorded cases' own runner (check.py), and what was recorded of plans."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.support.demo import ROOT
from tests.support.recorded import SHARED

CASES = SHARED / "cases"
_SCHEMA_ADAPTER = "tests.schema.adapter"
_PLAN_ADAPTER = "tests.resolvers.adapter"
_ADAPTERS: Mapping[str, str] = {
    "compose": _SCHEMA_ADAPTER,
    "contracts": _SCHEMA_ADAPTER,
    "plan": _PLAN_ADAPTER,
    "diff": _PLAN_ADAPTER,
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What check.py said: its counts by verdict, each case that did not pass, all."""

    counts: Mapping[str, int]
    complaints: Mapping[str, str]
    output: str

    def __str__(self) -> str:
        return ", ".join(f"{number} {kind}" for kind, number in self.counts.items())


@dataclass(frozen=True, slots=True)
class Figures:
    """How large a plan is."""

    fetches: int
    depth: int

    def is_worse_than(self, other: "Figures") -> bool:
        """Say whether it is worse in something and better in nothing."""
        return (
            self.fetches >= other.fetches
            and self.depth >= other.depth
            and self != other
        )

    def trades_with(self, other: "Figures") -> bool:
        """Say whether one is smaller in fetches, and the other in depth."""
        return (self.fetches - other.fetches) * (self.depth - other.depth) < 0

    def __str__(self) -> str:
        return f"{self.fetches} fetches, depth {self.depth}"


def check(what: str) -> Checked:
    """Run `check.py WHAT` with Weir's adapter."""
    done = subprocess.run(
        [
            *(sys.executable, str(CASES / "check.py"), what),
            *("--adapter", _ADAPTERS[what], "-v"),
        ],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout, done.stderr
    *lines, last = done.stdout.splitlines()
    assert last.startswith("{"), done.stdout + done.stderr
    # It prints a Python dictionary last; its keys are words.
    counts: dict[str, int] = json.loads(last.replace("'", '"'))
    return Checked(counts, _complaints(lines, counts.keys()), done.stdout)


def _complaints(lines: list[str], kinds: Any) -> dict[str, str]:
    parts = (line.split(maxsplit=2) for line in lines)
    return {part[1]: part[2] for part in parts if len(part) == 3 and part[0] in kinds}


@lru_cache
def recorded(file: str) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((CASES / file).read_text("utf-8"))
    return whole


def recorded_figures(case: Mapping[str, Any]) -> Figures:
    summary = case["apollo_plan_summary"]
    return Figures(summary["fetches"], summary["sequential_depth"])
