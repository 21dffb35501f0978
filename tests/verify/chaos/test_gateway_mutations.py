"""A change is made at most once while instances die, and a failed change is reported.

Each `setProgress` sets a position that no other request sets. A trigger in the database
of the playback instances records each change, so that the test sees repeated changes.
Meanwhile instances of playback are killed, or frozen for longer than an attempt may
take, at times drawn from a seed.
"""

import asyncio
import os
import signal
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.support.chaos import Stage, kill, until_healthy
from tests.support.demo import running_demo
from tests.support.gateway import demo_variables, running_gateway
from tests.support.pace import Pace, measured_pace
from tests.support.troubles import pid_of

SECONDS = 20
LEAST_MUTATIONS = 900
SEED = 20241123
FROZEN_S = 3.0

WATCH = """
CREATE TABLE applied (seconds INTEGER);
CREATE TRIGGER apply AFTER INSERT ON positions
BEGIN INSERT INTO applied VALUES (NEW.seconds); END;
"""

Trouble = Callable[[Stage, Random], Coroutine[None, None, None]]


@dataclass
class Responses:
    """The responses to clients, by the position that they set."""

    done: set[int] = field(default_factory=set)
    failed: dict[int, str] = field(default_factory=dict)
    unclear: list[str] = field(default_factory=list)


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[tuple[Stage, Path]]:
    async with (
        running_demo(tmp_path) as demo,
        running_gateway(variables=demo_variables(demo.base_port)) as gateway,
    ):
        state = tmp_path / "playback.sqlite"
        with sqlite3.connect(state) as database:
            database.executescript(WATCH)
        yield Stage(gateway, demo.base_port), state


async def killing(stage: Stage, rng: Random) -> None:
    while True:
        await asyncio.sleep(rng.uniform(0.2, 0.8))
        await kill(rng.choice(stage.instances("playback")))
        await until_healthy(stage, "playback", restarted=True)


async def freezing(stage: Stage, rng: Random) -> None:
    while True:
        await asyncio.sleep(rng.uniform(0.3, 1.5))
        pid = await pid_of(rng.choice(stage.instances("playback")))
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(FROZEN_S)
        finally:
            os.kill(pid, signal.SIGCONT)


async def set_progress(
    http: httpx.AsyncClient, seconds: int, responses: Responses
) -> None:
    path = f"/web/v1/titles/t431/progress?user=u{seconds % 200 + 1}"
    response = await http.post(path, json={"positionSeconds": seconds})
    body = response.json()
    if body.get("positionSeconds") == seconds:
        responses.done.add(seconds)
    elif response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and "code" in body:
        responses.failed[seconds] = body["code"]
    else:
        responses.unclear.append(f"{response.status_code} {response.text}")


async def load(stage: Stage, pace: Pace) -> tuple[Responses, int]:
    """Send changes at the pace of the machine. Returns how many were sent, too."""
    responses, sent = Responses(), int(pace.per_second * SECONDS)
    timeout_s = pace.allowed(15.0)
    async with (
        httpx.AsyncClient(base_url=stage.gateway.url, timeout=timeout_s) as http,
        asyncio.TaskGroup() as tasks,
    ):
        for seconds in range(1, sent + 1):
            tasks.create_task(set_progress(http, seconds, responses))
            await asyncio.sleep(1 / pace.per_second)
    return responses, sent


@pytest.mark.parametrize("trouble", [killing, freezing])
async def test_a_change_is_made_at_most_once(
    watched: tuple[Stage, Path], trouble: Trouble
) -> None:
    stage, state = watched
    pace = await measured_pace(stage.gateway.url)
    rng = Random(SEED)  # noqa: S311 - no secret
    task = asyncio.create_task(trouble(stage, rng))
    responses, sent = await load(stage, pace)
    task.cancel()
    await asyncio.wait([task])
    await until_healthy(stage, "playback")
    with sqlite3.connect(state) as database:
        rows = database.execute("SELECT seconds FROM applied").fetchall()
    applied = Counter(seconds for (seconds,) in rows)

    unknown = len(responses.failed.keys() & applied.keys())
    print(f"\n\n{trouble.__name__} playback, changes instead of reads: {pace}")
    print(f"{sent} sent, {len(responses.done)} done, {len(responses.failed)} failed")
    print(f"{unknown} failed and were made, {Counter(responses.failed.values())}")
    print(f"a change was made at most {max(applied.values())} times")
    assert sent >= pace.least(LEAST_MUTATIONS)
    assert not responses.unclear
    assert max(applied.values()) == 1
    assert responses.done <= applied.keys()
