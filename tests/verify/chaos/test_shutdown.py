"""SIGTERM under load costs no request that was accepted.

`/ready` becomes 503 at once. The gateway serves on for the drain delay, with
`Connection: close`. Then the listener closes, requests in flight get their responses,
and the process ends with exit code 0.
"""

import asyncio
import math
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import httpx

from examples.streaming.load import Accepted, all_reads, ask, client, take_references
from tests.support.chaos import Stage
from tests.support.pace import Pace, measured_pace

BEFORE_S = 2.0
DRAIN_DELAY_S = 5.0
SLOW_S = 0.8
"""Less than an attempt may take, or it would be an outage."""
LEAST_READS = 200


@dataclass
class Seen:
    """The observations of clients, by the second since SIGTERM."""

    begun_s: float
    rows: dict[int, Counter[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    refused_at_s: float | None = None

    @property
    def since_s(self) -> float:
        return round(time.monotonic() - self.begun_s, 2)

    def note(self, sent_s: float, what: str) -> None:
        self.rows.setdefault(int(sent_s // 1), Counter())[what] += 1

    def count(self, what: str) -> int:
        return sum(row[what] for row in self.rows.values())


async def one_read(
    http: httpx.AsyncClient, index: int, accepted: Accepted, seen: Seen
) -> None:
    read = list(accepted)[index % len(accepted)]
    sent_s = seen.since_s
    try:
        answer = await ask(http, read)
    except httpx.ConnectError:
        seen.note(sent_s, "refused")
        if seen.refused_at_s is None:
            seen.refused_at_s = sent_s
        return
    except httpx.HTTPError as error:
        seen.problems.append(f"{sent_s:.2f} s: {read}: {error!r}")
        return
    if answer.content not in accepted[read]:
        seen.problems.append(f"{sent_s:.2f} s: {read}: {answer.status_code}")
    closing = answer.headers.get("connection") == "close"
    seen.note(sent_s, "answered, to close" if closing else "answered")


async def watch_readiness(control: str, seen: Seen) -> None:
    async with httpx.AsyncClient(base_url=control) as http:
        while True:
            try:
                status = (await http.get("/ready")).status_code
            except httpx.TransportError:
                return
            seen.note(seen.since_s, f"ready {status}")
            await asyncio.sleep(0.2)


async def slow_down(stage: Stage, service: str) -> None:
    async with httpx.AsyncClient() as http:
        for address in stage.instances(service):
            fault = {"mode": "slow", "delay_s": SLOW_S}
            (await http.post(f"{address.url}/_fault", json=fault)).raise_for_status()


async def load_through_sigterm(stage: Stage, accepted: Accepted, pace: Pace) -> Seen:
    """Send reads at a pace from before SIGTERM until connections are refused."""
    seen = Seen(time.monotonic() + BEFORE_S)
    async with client(stage.gateway.url) as http, asyncio.TaskGroup() as tasks:
        tasks.create_task(watch_readiness(stage.gateway.control, seen))
        tasks.create_task(terminate(stage, seen))
        for index in count():
            tasks.create_task(one_read(http, index, accepted, seen))
            await asyncio.sleep(1 / pace.per_second)
            late = seen.since_s > DRAIN_DELAY_S + pace.allowed(5000) / 1000
            if seen.refused_at_s is not None or late:
                break
    return seen


async def terminate(stage: Stage, seen: Seen) -> None:
    await asyncio.sleep(-seen.since_s)
    stage.gateway.signal(signal.SIGTERM)
    # Requests that are sent shortly before the end are then in flight after it.
    await asyncio.sleep(DRAIN_DELAY_S - SLOW_S / 2)
    await slow_down(stage, "catalog")


def table(seen: Seen) -> Iterator[str]:
    columns = ("answered", "answered, to close", "refused", "ready 200", "ready 503")
    yield "\n\nSIGTERM at 0 s, by the second in which a request was sent\n"
    yield "   s " + " ".join(f"{name:>18}" for name in columns)
    for second, row in sorted(seen.rows.items()):
        yield f"{second:4} " + " ".join(f"{row[name]:18}" for name in columns)


async def test_sigterm_under_load_costs_no_request(stage: Stage) -> None:
    async with client(stage.gateway.url) as http:
        accepted = await take_references(http, all_reads())
    pace = await measured_pace(stage.gateway.url, accepted)
    seen = await load_through_sigterm(stage, accepted, pace)
    exit_code = await stage.gateway.exit_code()
    ended_s = seen.since_s

    at_once = math.ceil(pace.slowness)
    print("\n".join([*table(seen), str(pace)]))
    print(f"refused from {seen.refused_at_s} s, exit code {exit_code} at {ended_s} s")
    assert seen.problems == []
    assert exit_code == 0
    assert seen.refused_at_s is not None
    assert seen.refused_at_s >= DRAIN_DELAY_S
    assert ended_s >= DRAIN_DELAY_S + SLOW_S / 4, "nothing was in flight at the end"
    assert seen.count("answered, to close") >= pace.least(LEAST_READS)
    assert not any(row["answered"] for at, row in seen.rows.items() if at >= at_once)
    assert not any(row["ready 200"] for at, row in seen.rows.items() if at >= at_once)
