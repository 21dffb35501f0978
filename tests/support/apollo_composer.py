"""Apollo's composer and planner from npm, pinned, as the oracle for ours."""

import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.demo import ROOT
from tests.support.npm_packages import install
from weir.schema import Subgraph

_SOURCES = ROOT / "tests" / "verify" / "composition"
_LIMIT_S = 900

THROWN = "THROWN"
"""The code where the reference itself fails: nothing can be compared then."""


@dataclass(frozen=True, slots=True)
class Case:
    """Subgraphs, and the operations to plan if they compose."""

    subgraphs: Sequence[Subgraph]
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The number of fetches of a plan, and how many of them wait for each other."""

    fetches: int
    depth: int


@dataclass(frozen=True, slots=True)
class Reference:
    """What the reference returned: codes of errors, or an API schema and plans."""

    codes: frozenset[str]
    messages: tuple[str, ...]
    api: str
    plans: tuple[Plan, ...]


def install_reference(npm_: str, folder: Path) -> tuple[str, ...]:
    """Install the reference into `folder`, once; returns its command."""
    return install(npm_, _SOURCES, "reference.mjs", folder)


def outcomes(command: Sequence[str], cases: Iterable[Case]) -> list[Reference]:
    """Compose and plan with the reference, all in one process."""
    lines = "".join(f"{_line(each)}\n" for each in cases)
    done = subprocess.run(
        command,
        check=True,
        input=lines,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
    )
    return [_read(json.loads(line)) for line in done.stdout.splitlines()]


def _line(case: Case) -> str:
    subgraphs = [{"name": each.name, "sdl": each.sdl} for each in case.subgraphs]
    return json.dumps({"subgraphs": subgraphs, "operations": case.operations})


def _read(line: dict[str, Any]) -> Reference:
    return Reference(
        codes=frozenset(line["codes"]),
        messages=tuple(line["messages"]),
        api=line["api"],
        plans=tuple(Plan(**each) for each in line["plans"]),
    )
