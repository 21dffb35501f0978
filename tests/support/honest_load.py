"""Reads with a client's deadline, told apart: complete, partial and honest, or not."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson

from examples.streaming.load import (
    MOST_IN_FLIGHT,
    Load,
    LoadReport,
    Read,
    all_reads,
    running,
    take_references,
)
from tests.support.chaos import Stage
from tests.support.pace import Pace
from tests.support.phases import Phases
from weir.gateway.json_types import JSONValue, is_list, is_object

DEADLINE_S = 2.0


class Honest:
    """Holds a body to be right that is the reference, or lacks parts and says so."""

    def __init__(self, reference: bytes) -> None:
        self._complete = reference
        self._whole = orjson.loads(reference)
        self.partial = 0

    def __contains__(self, body: object) -> bool:
        assert isinstance(body, bytes)
        if body == self._complete:
            return True
        honest = lacks_and_says_so(self._whole, orjson.loads(body))
        self.partial += honest
        return honest


def lacks_and_says_so(whole: JSONValue, answer: JSONValue) -> bool:
    """Say whether `answer` names errors, and has nothing that `whole` has not."""
    if not is_object(whole) or not is_object(answer):
        return False
    told = answer.pop("errors", None) or answer.pop("_weir", None)
    return bool(told) and agrees(whole, answer)


def agrees(whole: JSONValue, part: JSONValue) -> bool:
    """Say whether `part` is `whole` but for nulls."""
    if part is None or part == whole:
        return True
    if is_object(whole) and is_object(part):
        return whole.keys() == part.keys() and all(
            agrees(whole[key], value) for key, value in part.items()
        )
    if is_list(whole) and is_list(part):
        return len(whole) == len(part) and all(map(agrees, whole, part))
    return False


@dataclass
class Waiting:
    """How long a process wanted to run and was not let, since it was last asked.

    A gateway that waits for the machine is late whatever it does: figures of such a
    run say little, and this says so beside them.
    """

    pid: int
    waited_s: float = 0.0
    asked_s: float = 0.0

    def share(self) -> float:
        """The share of the time since; what else ran on the machine has taken it."""
        now_s = time.monotonic()
        waited_s = int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9
        share = (waited_s - self.waited_s) / (now_s - self.asked_s)
        self.waited_s, self.asked_s = waited_s, now_s
        return share


@dataclass
class HonestLoad:
    """A running load, cut into phases."""

    report: LoadReport
    judges: dict[Read, Honest]
    phases: Phases
    waiting: Waiting
    seen_partial: int = 0

    def end(self, name: str, note: str = "") -> LoadReport:
        """End a phase; its note says what else is known of it."""
        partial = self.partial - self.seen_partial
        self.seen_partial = self.partial
        waited = f"waited for CPU {100 * self.waiting.share():.0f} %"
        return self.phases.end(name, f"{partial} partial, {waited}  {note}")

    @property
    def partial(self) -> int:
        return sum(each.partial for each in self.judges.values())

    @property
    def complete_share(self) -> float:
        report = self.report
        bad = report.failed + report.wrong + report.skipped + self.partial
        return 1 - bad / (report.sent + report.skipped)

    def table(self, title: str) -> str:
        share = f"{100 * self.complete_share:.3f} % complete, {self.partial} partial"
        return "\n".join([*self.phases.table(title), share])


@asynccontextmanager
async def honest_load(stage: Stage, pace: Pace) -> AsyncIterator[HonestLoad]:
    """Read all that the façades serve; clients leave after their deadline."""
    limits = httpx.Limits(max_connections=MOST_IN_FLIGHT)
    async with httpx.AsyncClient(
        base_url=stage.gateway.url,
        timeout=DEADLINE_S * pace.slowness,
        limits=limits,
    ) as http:
        references = await take_references(http, all_reads())
        judges = {read: Honest(next(iter(ref))) for read, ref in references.items()}
        async with running(Load(http, judges, pace.per_second)) as report:
            waiting = Waiting(stage.gateway.process.pid)
            waiting.share()
            yield HonestLoad(report, judges, Phases(report), waiting)
