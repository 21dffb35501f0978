"""A bounded load of the reads of web, mobile and tv that verifies every response.

    python -m examples.streaming.load --per-second 50 --seconds 30

Each read is sent once for its reference response. Then reads are sent at a fixed rate,
whether or not earlier ones have finished (an open loop: a slow gateway does not reduce
the load). A response is wrong if its body differs from the reference. The exit code is
1 if a request failed or a response was wrong.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Container, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import TypeAlias

import httpx

from examples.streaming.compare import SAME_DOCUMENT

FACADES = ("web", "mobile", "tv")
USERS = ("u1", "u2", "u3", "u17", "u99")
TITLES = ("t1337", "t431", "t2090", "t814", "t957")
SEARCHES = ("king", "love", "star", "night", "spielberg")

CLIENT_TIMEOUT_S = 15.0
MOST_IN_FLIGHT = 500
KEPT_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Read:
    """One request without side effects."""

    method: str
    path: str
    body: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


Accepted: TypeAlias = Mapping[Read, frozenset[bytes]]
"""The correct bodies of each read; several while reloads alternate."""
Judges: TypeAlias = Mapping[Read, Container[bytes]]
"""A function that fetches the correct bodies of each read."""


@dataclass(slots=True)
class LoadReport:
    """The results of the reads."""

    sent: int = 0
    failed: int = 0
    wrong: int = 0
    skipped: int = 0
    latencies_s: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def problem(self, read: Read, text: str) -> None:
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(f"{read}: {text}")

    def latency_ms(self, share: float) -> float:
        """Return the latency that `share` of the reads do not exceed."""
        ordered = sorted(self.latencies_s)
        if not ordered:
            return 0.0
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000

    @property
    def clean(self) -> bool:
        return self.sent > 0 and not (self.failed or self.wrong or self.skipped)

    def lines(self) -> Iterator[str]:
        yield (
            f"{self.sent} sent, {self.failed} failed, {self.wrong} wrong,"
            f" {self.skipped} not sent because {MOST_IN_FLIGHT} were in flight"
        )
        yield (
            f"latency ms: p50 {self.latency_ms(0.5):.1f}, p99"
            f" {self.latency_ms(0.99):.1f}, max {self.latency_ms(1):.1f}"
        )
        yield from self.problems


class Load:
    """A sender of reads at a fixed rate until stopped; `report` grows meanwhile."""

    def __init__(
        self, http: httpx.AsyncClient, judges: Judges, per_second: float
    ) -> None:
        self._http = http
        self._judges = judges
        self._interval_s = 1 / per_second
        self._stopped = asyncio.Event()
        self.report = LoadReport()

    def stop(self) -> None:
        self._stopped.set()

    async def run(self) -> None:
        """Return when stopped and all reads in flight have finished."""
        reads = cycle(self._judges)
        next_s = time.monotonic()
        in_flight: set[asyncio.Task[None]] = set()
        async with asyncio.TaskGroup() as tasks:
            while not self._stopped.is_set():
                if len(in_flight) >= MOST_IN_FLIGHT:
                    self.report.skipped += 1
                else:
                    task = tasks.create_task(self._send(next(reads)))
                    in_flight.add(task)
                    task.add_done_callback(in_flight.discard)
                next_s += self._interval_s
                await self._wait_until(next_s)

    async def _wait_until(self, instant_s: float) -> None:
        delay_s = max(instant_s - time.monotonic(), 0)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), delay_s)

    async def _send(self, read: Read) -> None:
        self.report.sent += 1
        started_s = time.monotonic()
        try:
            answer = await ask(self._http, read)
        except httpx.HTTPError as error:
            self.report.failed += 1
            self.report.problem(read, f"{type(error).__name__} {error}")
            return
        self.report.latencies_s.append(time.monotonic() - started_s)
        self._judge(read, answer)

    def _judge(self, read: Read, answer: httpx.Response) -> None:
        if answer.content in self._judges[read]:
            return
        if answer.status_code == httpx.codes.OK:
            self.report.wrong += 1
        else:
            self.report.failed += 1
        self.report.problem(read, f"{answer.status_code} {answer.text[-300:]}")


def all_reads() -> tuple[Read, ...]:
    """Return every stored read of every façade, mixed with documents of clients."""
    return tuple(
        read
        for user, title, q in zip(USERS, TITLES, SEARCHES, strict=True)
        for facade in FACADES
        for read in (
            Read("GET", f"/{facade}/v1/home?user={user}"),
            Read("GET", f"/{facade}/v1/titles/{title}?user={user}"),
            Read("GET", f"/{facade}/v1/search?q={q}&user={user}"),
            Read("POST", f"/{facade}/graphql", document(user)),
        )
    )


def document(user: str) -> str:
    return json.dumps({"query": SAME_DOCUMENT, "variables": {"user": user}})


async def ask(http: httpx.AsyncClient, read: Read) -> httpx.Response:
    if read.method == "GET":
        return await http.get(read.path)
    headers = {"content-type": "application/json"}
    return await http.post(read.path, content=read.body, headers=headers)


async def take_references(http: httpx.AsyncClient, reads: Iterable[Read]) -> Accepted:
    """Send each read once; raises ValueError if a response is not complete."""
    accepted: dict[Read, frozenset[bytes]] = {}
    for read in reads:
        answer = await ask(http, read)
        body = answer.json()
        if answer.status_code != httpx.codes.OK or "errors" in body or "_weir" in body:
            message = f"{read}: no reference: {answer.status_code} {answer.text[-500:]}"
            raise ValueError(message)
        accepted[read] = frozenset({answer.content})
    return accepted


def merged(*references: Accepted) -> Accepted:
    """Return for each read the correct bodies of all `references`."""
    reads = references[0]
    return {
        read: frozenset().union(*(each[read] for each in references)) for read in reads
    }


def client(gateway: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=gateway,
        timeout=CLIENT_TIMEOUT_S,
        limits=httpx.Limits(max_connections=MOST_IN_FLIGHT),
    )


@asynccontextmanager
async def running_load(
    gateway: str, per_second: float, judges: Judges | None = None
) -> AsyncIterator[LoadReport]:
    """Send reads while the block runs; the report is complete after the block."""
    async with client(gateway) as http:
        judges = judges or await take_references(http, all_reads())
        async with running(Load(http, judges, per_second)) as report:
            yield report


@asynccontextmanager
async def running(load: Load) -> AsyncIterator[LoadReport]:
    """Run `load` while the block runs; the report is complete after the block."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load.run())
        try:
            yield load.report
        finally:
            load.stop()


async def main() -> None:
    arguments = argparse.ArgumentParser(description="Load the façades.")
    arguments.add_argument("--gateway", default="http://127.0.0.1:4000")
    arguments.add_argument("--per-second", type=float, default=50.0)
    arguments.add_argument("--seconds", type=float, default=30.0)
    options = arguments.parse_args()
    async with running_load(options.gateway, options.per_second) as report:
        await asyncio.sleep(options.seconds)
    print("\n".join(report.lines()))
    if not report.clean:
        sys.exit(1)


if __name__ == "__main__":
    asyncio.run(main())
