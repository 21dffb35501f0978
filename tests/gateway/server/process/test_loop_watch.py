import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from weir.gateway.events import EventLoopStalled
from weir.gateway.server.process.loop_watch import LoopWatch


@pytest.fixture
async def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
async def watch(sink: RecordingSink) -> AsyncIterator[LoopWatch]:
    watch = LoopWatch(sink)
    yield watch
    watch.close()


def hold_the_loop(seconds: float) -> None:
    time.sleep(seconds)


def compute(seconds: float) -> None:
    end_s = time.thread_time() + seconds
    while time.thread_time() < end_s:
        pass


def stalls(sink: RecordingSink) -> list[EventLoopStalled]:
    return [each for each in sink.events if isinstance(each, EventLoopStalled)]


async def test_a_stall_is_reported_with_its_length_and_its_stack(
    watch: LoopWatch, sink: RecordingSink
) -> None:
    await asyncio.sleep(0.1)
    hold_the_loop(0.5)
    # A busy machine adds stalls of its own, which are shorter.
    await until(lambda: any(each.lag_s > 0.4 for each in stalls(sink)))

    stall = max(stalls(sink), key=lambda each: each.lag_s)
    assert "hold_the_loop" in stall.stack[0]
    assert watch.lag_s >= stall.lag_s


@pytest.mark.usefixtures("watch")
async def test_a_stall_shows_whether_the_loop_computed(sink: RecordingSink) -> None:
    await asyncio.sleep(0.1)
    hold_the_loop(0.4)
    await until(lambda: bool(stalls(sink)))
    assert stalls(sink)[0].cpu_s < 0.1

    compute(0.4)
    await until(lambda: stalls(sink)[-1].cpu_s >= 0.4)


async def test_a_loop_that_waits_for_a_second_is_not_late_by_a_second(
    watch: LoopWatch,
) -> None:
    await asyncio.sleep(1)

    assert watch.lag_s < 0.5
