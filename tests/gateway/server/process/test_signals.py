import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from weir.gateway.control.errors import ReloadRefused
from weir.gateway.server.process.signals import Signals


class Reloads:
    """Counts reloads; each waits until it is let go, and may fail."""

    def __init__(self) -> None:
        self.begun = 0
        self.error: Exception | None = None
        self.go = asyncio.Event()
        self.go.set()

    async def reload(self) -> None:
        self.begun += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error


@pytest.fixture
async def reloads() -> Reloads:
    return Reloads()


@pytest.fixture
def exits() -> list[float]:
    return []


@pytest.fixture
async def signals(reloads: Reloads, exits: list[float]) -> AsyncIterator[Signals]:
    installed = Signals(reloads.reload, 60, exits.append)
    installed.install()
    yield installed
    await installed.remove()


async def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    await asyncio.sleep(0.02)


async def test_a_reload_asked_for_during_the_start_comes_after_it(
    signals: Signals, reloads: Reloads
) -> None:
    await send(signal.SIGHUP)
    assert reloads.begun == 0

    signals.allow_reloads()
    await asyncio.sleep(0.02)

    assert reloads.begun == 1


async def test_reloads_asked_for_during_a_reload_are_one(
    signals: Signals, reloads: Reloads
) -> None:
    signals.allow_reloads()
    reloads.go.clear()
    for _ in range(4):
        await send(signal.SIGHUP)
    assert reloads.begun == 1

    reloads.go.set()
    await asyncio.sleep(0.02)

    assert reloads.begun == 2


@pytest.mark.parametrize(
    ("error", "traceback"),
    [(ReloadRefused("line 3: unknown key"), False), (ZeroDivisionError(), True)],
)
async def test_a_reload_that_fails_is_told_and_the_next_is_heard(
    signals: Signals,
    reloads: Reloads,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    traceback: bool,  # noqa: FBT001 - a column of the table
) -> None:
    signals.allow_reloads()
    reloads.error = error
    await send(signal.SIGHUP)
    await send(signal.SIGHUP)

    assert reloads.begun == 2
    assert [bool(record.exc_info) for record in caplog.records] == [traceback] * 2


async def test_the_first_signal_stops_and_the_second_stops_now(
    signals: Signals, exits: list[float]
) -> None:
    await send(signal.SIGTERM)
    assert (signals.stop.is_set(), signals.now.is_set()) == (True, False)
    assert exits == [60]

    await send(signal.SIGINT)
    assert signals.now.is_set()
    assert exits == [60, 1]
