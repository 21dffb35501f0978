"""Threads for the calls of many clients: none waits for the calls of another alone."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from tests.support.conditions import until
from weir.gateway.concurrency.fair_threads import FairThreads


class Gate:
    """Calls that wait in their threads, in the order in which they began."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.opened = threading.Event()

    def call(self, name: str) -> str:
        self.began.append(name)
        self.opened.wait(10)
        return name


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


async def test_a_call_has_its_result_or_its_error() -> None:
    threads = FairThreads(2, "test")

    assert await threads.run("a", lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await threads.run("a", lambda: 1 // 0)
    async with asyncio.timeout(5):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await threads.run("a", lambda: next(iter(())))


async def test_a_client_gets_three_quarters_of_the_threads_at_most(gate: Gate) -> None:
    threads = FairThreads(4, "test")
    hanging = [
        asyncio.create_task(threads.run("a", lambda: gate.call("a"))) for _ in range(20)
    ]
    await until(lambda: len(gate.began) == 3)

    assert await threads.run("b", lambda: "b") == "b"
    assert gate.began == ["a"] * 3
    gate.opened.set()
    assert await asyncio.gather(*hanging) == ["a"] * 20


async def test_waiting_clients_take_turns(gate: Gate) -> None:
    threads = FairThreads(1, "test")
    first = asyncio.create_task(threads.run("x", lambda: gate.call("x")))
    await until(lambda: gate.began == ["x"])
    waiting: list[asyncio.Task[str]] = []
    for name in ("a", "a", "a", "b", "b", "c"):
        work = threads.run(name, lambda name=name: gate.call(name))  # type: ignore[misc]
        waiting.append(asyncio.create_task(work))
    await asyncio.sleep(0)
    gate.opened.set()
    await asyncio.gather(first, *waiting)

    assert gate.began == ["x", "a", "b", "c", "a", "b", "a"]


async def test_callers_that_leave_lose_no_thread(gate: Gate) -> None:
    threads = FairThreads(2, "test")
    calls = [
        asyncio.create_task(threads.run(name, lambda: gate.call("x")))
        for name in "abcdef"
    ]
    await until(lambda: len(gate.began) == 2)
    calls[2].cancel()
    calls[0].cancel()
    await asyncio.wait(calls[:1])
    gate.opened.set()
    # The turns of these are granted by now, or about to be.
    for call in calls[3:5]:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for name in ("g", "h", "i"):
            group.create_task(threads.run(name, lambda: None))
    assert gate.began.count("x") <= 4


def test_a_loop_that_is_closed_keeps_no_thread(gate: Gate) -> None:
    threads = FairThreads(1, "test")

    async def leave() -> None:
        async with asyncio.timeout(0.01):
            await asyncio.gather(
                *(threads.run(name, lambda: gate.call("x")) for name in "ab")
            )

    with pytest.raises(TimeoutError):
        asyncio.run(leave())
    gate.opened.set()

    assert asyncio.run(threads.run("c", lambda: 5)) == 5
