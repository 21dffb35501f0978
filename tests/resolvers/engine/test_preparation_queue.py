"""Work that waits for one thread: its order, its end, and what the thread survives."""

import asyncio
import gc
import threading
from collections.abc import Iterator

import pytest

from tests.support.blocking_work import BlockingWork
from tests.support.conditions import until
from tests.support.fake_clock import FakeClock
from weir.gateway.clock import SystemClock
from weir.resolvers.engine import preparation_queue
from weir.resolvers.engine.preparation_queue import PreparationQueue
from weir.resolvers.errors import PlannerOverloaded
from weir.resolvers.operation.work import WorkBudget

LIMIT = 4


@pytest.fixture
def queue() -> Iterator[PreparationQueue]:
    queue = PreparationQueue(LIMIT, SystemClock())
    yield queue
    queue.close()


@pytest.fixture
def log() -> list[str]:
    return []


def start(
    queue: PreparationQueue, step: BlockingWork, client: str = "", size: int = 1
) -> "asyncio.Task[str]":
    return asyncio.create_task(queue.run(step, client, size))


async def test_work_runs_one_after_the_other_in_another_thread(
    queue: PreparationQueue,
) -> None:
    threads = set[int]()
    running = 0

    def work(_: WorkBudget) -> int:
        nonlocal running
        running += 1
        threads.add(threading.get_ident())
        together = running
        running -= 1
        return together

    together = await asyncio.gather(*(queue.run(work, "", 1) for _ in range(LIMIT)))

    assert set(together) == {1}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_a_client_that_waits_a_lot_does_not_hold_up_another(
    queue: PreparationQueue, log: list[str]
) -> None:
    steps = [BlockingWork(name, log) for name in ("a1", "a2", "a3", "b")]
    clients = ("192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2")
    tasks = [start(queue, steps[0], clients[0])]
    await until(steps[0].started.is_set)
    tasks += [start(queue, *one) for one in zip(steps[1:], clients[1:], strict=True)]
    await until(steps[3].started.is_set)
    for step in steps:
        step.released.set()
    await asyncio.gather(*tasks)

    assert log == ["a1", "b", "a2", "a3"]


async def test_a_long_preparation_pauses_for_those_of_other_clients(
    queue: PreparationQueue, log: list[str]
) -> None:
    long, short = BlockingWork("long", log), BlockingWork("short", log)
    other = BlockingWork("other", log)
    running = start(queue, long, "192.0.2.1")
    await until(long.started.is_set)
    own = start(queue, other, "192.0.2.1")
    short.released.set()
    other.released.set()

    assert await start(queue, short, "192.0.2.2") == "short"
    assert log == ["long", "short"]
    assert not running.done()

    long.released.set()
    await asyncio.gather(running, own)
    assert log == ["long", "short", "other"]


async def test_many_clients_with_large_operations_do_not_block_a_small_one(
    log: list[str],
) -> None:
    queue = PreparationQueue(99, SystemClock())
    larges = [BlockingWork("large", log) for _ in range(20)]
    running = [
        start(queue, large, f"192.0.2.{number}", 20_000)
        for number, large in enumerate(larges)
    ]
    await until(lambda: len(log) == 8)
    small = BlockingWork("small", log)
    small.released.set()

    assert await start(queue, small, "198.51.100.1") == "small"

    assert not any(task.done() for task in running)
    assert queue.waiting == 12
    for large in larges:
        large.released.set()
    await asyncio.gather(*running)
    queue.close()


async def test_waiting_work_leaves_the_queue_with_its_caller(
    queue: PreparationQueue, log: list[str]
) -> None:
    first, second = BlockingWork("first", log), BlockingWork("second", log)
    tasks = [start(queue, first), start(queue, second)]
    await until(lambda: queue.waiting == 1)

    tasks[1].cancel()
    await until(lambda: queue.waiting == 0)
    first.released.set()
    await asyncio.wait(tasks)

    assert log == ["first"]


async def test_running_work_stops_when_its_caller_leaves_and_the_next_begins(
    queue: PreparationQueue, log: list[str]
) -> None:
    abandoned, wanted = BlockingWork("abandoned", log), BlockingWork("wanted", log)
    wanted.released.set()
    leaving, staying = start(queue, abandoned), start(queue, wanted)
    await until(abandoned.started.is_set)

    leaving.cancel()

    assert await staying == "wanted"
    assert abandoned.stopped
    assert leaving.cancelled()


async def test_a_cancelled_run_ends_when_its_work_has_ended(
    queue: PreparationQueue,
) -> None:
    ending = threading.Event()
    started = threading.Event()

    def does_not_look(_: WorkBudget) -> None:
        started.set()
        ending.wait(10)

    task = asyncio.create_task(queue.run(does_not_look, "", 1))
    await until(started.is_set)
    task.cancel()
    await asyncio.sleep(0.01)
    assert not task.done(), "the thread still works on it"

    ending.set()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_thread_that_was_stuck_works_again_when_its_work_ends(
    queue: PreparationQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparation_queue, "STUCK_S", 0.01)
    ending, stuck = threading.Event(), list[int]()

    def does_not_look(_: WorkBudget) -> None:
        stuck.append(threading.get_ident())
        ending.wait(30)

    task = asyncio.create_task(queue.run(does_not_look, "", 1))
    await until(lambda: bool(stuck))
    task.cancel()
    await asyncio.wait([task])
    ending.set()

    # The first one may need another thread. It has its turn after the stuck one.
    await queue.run(lambda _: None, "", 1)
    threads = [queue.run(lambda _: threading.get_ident(), one, 1) for one in "ab"]
    assert stuck[0] in await asyncio.gather(*threads)


async def test_callers_that_leave_as_their_turn_comes_pass_it_on(
    queue: PreparationQueue, log: list[str]
) -> None:
    steps = [BlockingWork(name, log) for name in "abcd"]
    tasks = [start(queue, step) for step in steps]
    await until(lambda: queue.waiting == 3)
    for task in tasks[:3]:
        task.cancel()
    steps[3].released.set()

    assert await tasks[3] == "d"
    assert queue.waiting == 0


async def test_beyond_the_limit_the_last_in_turn_is_refused(
    queue: PreparationQueue, log: list[str]
) -> None:
    running = BlockingWork("running", log)
    tasks = [start(queue, running, "192.0.2.1")]
    tasks += [start(queue, BlockingWork("a", log), "192.0.2.1") for _ in range(LIMIT)]
    await until(lambda: queue.waiting == LIMIT)

    with pytest.raises(PlannerOverloaded) as refusal:
        await start(queue, BlockingWork("a", log), "192.0.2.1")
    assert refusal.value.retry_after_s
    newcomers = [
        start(queue, BlockingWork(name, log), "192.0.2.2") for name in ("b1", "b2")
    ]
    with pytest.raises(PlannerOverloaded):
        await tasks[-1]

    assert queue.waiting == LIMIT
    for task in (*tasks, *newcomers):
        task.cancel()
    await asyncio.wait((*tasks, *newcomers))
    assert queue.waiting == 0


async def test_responses_do_not_wait_for_the_preparations_of_their_client(
    queue: PreparationQueue, log: list[str]
) -> None:
    client = "192.0.2.1"
    works = [BlockingWork(f"{n}", log) for n in range(LIMIT + 1)]
    tasks = [start(queue, work, client) for work in works]
    await until(works[0].started.is_set)
    result = BlockingWork("result", log)
    result.released.set()

    assert await queue.finish(result, client, 10**6) == "result"
    assert queue.waiting == LIMIT

    for work in works:
        work.released.set()
    await asyncio.gather(*tasks)


async def test_responses_of_any_size_and_number_wait_for_their_turn(
    queue: PreparationQueue, log: list[str]
) -> None:
    client, size = "192.0.2.1", 10**9
    works = [BlockingWork(f"{n}", log) for n in range(2 * LIMIT)]
    tasks = [asyncio.create_task(queue.finish(work, client, size)) for work in works]
    await until(works[0].started.is_set)
    for work in works:
        work.released.set()

    assert await asyncio.gather(*tasks) == [f"{n}" for n in range(2 * LIMIT)]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ValueError("x"), ValueError),
        (RecursionError(), RecursionError),
        (MemoryError(), MemoryError),
        (StopIteration(), RuntimeError),
        (SystemExit(1), RuntimeError),
        (KeyboardInterrupt(), RuntimeError),
        (asyncio.CancelledError(), RuntimeError),
    ],
    ids=repr,
)
async def test_any_error_of_work_reaches_its_caller_and_the_thread_goes_on(
    queue: PreparationQueue, raised: BaseException, expected: type[Exception]
) -> None:
    def failing(_: WorkBudget) -> str:
        raise raised

    with pytest.raises(expected):
        await queue.run(failing, "", 1)

    assert await queue.run(lambda _: "next", "", 1) == "next"


async def test_a_failure_without_a_waiting_caller_is_not_logged(
    queue: PreparationQueue, log: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    step = BlockingWork("a", log)
    task = start(queue, step)
    await until(step.started.is_set)
    task.cancel()
    await asyncio.wait([task])
    del task
    gc.collect()

    assert step.stopped
    assert caplog.records == []


async def test_the_queue_knows_its_length_and_the_age_of_the_oldest(
    log: list[str],
) -> None:
    clock = FakeClock()
    queue = PreparationQueue(LIMIT, clock)
    assert (queue.waiting, queue.oldest_s) == (0, 0.0)
    step = BlockingWork("a", log)
    task = start(queue, step)
    await until(step.started.is_set)
    clock.advance(3.0)
    other = start(queue, step)
    await until(lambda: queue.waiting == 1)
    clock.advance(2.0)
    assert queue.oldest_s == 5.0

    step.released.set()
    await asyncio.gather(task, other)
    assert (queue.waiting, queue.oldest_s) == (0, 0.0)
    queue.close()
