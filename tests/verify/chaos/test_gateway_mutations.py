"""A change is made at most once, whatever dies meanwhile; one that failed says so.

Each `setProgress` sets a position that no other sets. A trigger in the database that
the playback instances share writes down every time that one is set, so that what was
repeated in vain is seen as well. Meanwhile playback's instances are killed, or frozen
for longer than an attempt may take, at times drawn from a seed.
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
from tests.support.troubles import pid_of

PER_SECOND = 50
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
class Answers:
    """What clients were told, by the position that they set."""

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


async def set_progress(http: httpx.AsyncClient, seconds: int, answers: Answers) -> None:
    path = f"/web/v1/titles/t431/progress?user=u{seconds % 200 + 1}"
    answer = await http.post(path, json={"positionSeconds": seconds})
    body = answer.json()
    if body.get("positionSeconds") == seconds:
        answers.done.add(seconds)
    elif answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and "code" in body:
        answers.failed[seconds] = body["code"]
    else:
        answers.unclear.append(f"{answer.status_code} {answer.text}")


async def load(stage: Stage) -> Answers:
    answers = Answers()
    async with (
        httpx.AsyncClient(base_url=stage.gateway.url, timeout=15) as http,
        asyncio.TaskGroup() as tasks,
    ):
        for seconds in range(1, PER_SECOND * SECONDS + 1):
            tasks.create_task(set_progress(http, seconds, answers))
            await asyncio.sleep(1 / PER_SECOND)
    return answers


@pytest.mark.parametrize("trouble", [killing, freezing])
async def test_a_change_is_made_at_most_once(
    watched: tuple[Stage, Path], trouble: Trouble
) -> None:
    stage, state = watched
    rng = Random(SEED)  # noqa: S311 - no secret
    task = asyncio.create_task(trouble(stage, rng))
    answers = await load(stage)
    task.cancel()
    await asyncio.wait([task])
    await until_healthy(stage, "playback")
    with sqlite3.connect(state) as database:
        rows = database.execute("SELECT seconds FROM applied").fetchall()
    applied = Counter(seconds for (seconds,) in rows)

    sent = PER_SECOND * SECONDS
    unknown = len(answers.failed.keys() & applied.keys())
    print(f"\n\n{trouble.__name__} playback, {PER_SECOND} changes/s")
    print(f"{sent} sent, {len(answers.done)} done, {len(answers.failed)} failed")
    print(
        f"{unknown} of those that failed were made; {Counter(answers.failed.values())}"
    )
    print(f"most often made: {max(applied.values())} times")
    assert sent >= LEAST_MUTATIONS
    assert not answers.unclear
    assert max(applied.values()) == 1
    assert answers.done <= applied.keys()
