import asyncio
import weakref
from collections.abc import Coroutine

import pytest

from tests.support.freeing import uncollected
from tests.support.memory_exchange import MemoryExchange
from weir.gateway.edge.cancellation import CancelScopes
from weir.gateway.edge.exchange import ClientLeft
from weir.gateway.errors import DeadlineExceeded


class Received:
    """The reply of a service."""


async def slept(time_left_s: float) -> None:
    await CancelScopes().run(asyncio.sleep(5), MemoryExchange(), time_left_s)


async def left_soon(work: Coroutine[None, None, None]) -> None:
    exchange = MemoryExchange()
    asyncio.get_running_loop().call_later(0.01, exchange.leave)
    await CancelScopes().run(work, exchange, 10)


async def test_the_result_is_that_of_the_work() -> None:
    work = asyncio.sleep(0, "result")

    assert await CancelScopes().run(work, MemoryExchange(), 10) == "result"


async def test_a_client_that_leaves_ends_the_work() -> None:
    with pytest.raises(ClientLeft):
        await left_soon(asyncio.sleep(5))


async def test_the_deadline_ends_the_work() -> None:
    with pytest.raises(DeadlineExceeded):
        await slept(0.03)


async def test_a_deadline_that_is_over_ends_it_at_the_next_round() -> None:
    with pytest.raises(DeadlineExceeded):
        await slept(-1)


async def test_what_tasks_in_progress_have_received_is_freed() -> None:
    """A task group refers to the error that it raises, in the frame that does so."""
    references: list[weakref.ref[Received]] = []

    async def received() -> None:
        reply = Received()
        references.append(weakref.ref(reply))
        await asyncio.sleep(5)
        raise AssertionError(reply)

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(received()) for _ in range(3)]
        raise AssertionError(tasks)

    with uncollected():
        with pytest.raises(DeadlineExceeded):
            await CancelScopes().run(work(), MemoryExchange(), 0.05)
        await asyncio.sleep(0)

        assert [each() for each in references] == [None] * 3


async def test_each_of_many_is_cancelled_alone() -> None:
    scopes = CancelScopes()

    async def work(seconds: float) -> str:
        return await scopes.run(asyncio.sleep(seconds, "done"), MemoryExchange(), 0.1)

    results = await asyncio.gather(
        work(0), work(5), work(0.05), work(5), return_exceptions=True
    )

    assert [r if r == "done" else type(r) for r in results] == [
        "done",
        DeadlineExceeded,
        "done",
        DeadlineExceeded,
    ]


async def test_a_cancellation_from_elsewhere_is_not_taken_for_ours() -> None:
    started = asyncio.Event()
    exchange = MemoryExchange()

    async def work() -> None:
        started.set()
        await asyncio.sleep(5)

    working = asyncio.create_task(CancelScopes().run(work(), exchange, 10))
    await started.wait()
    # Both come in the same turn of the loop.
    working.cancel()
    exchange.leave()

    with pytest.raises(asyncio.CancelledError):
        await working
    assert working.cancelled()


async def test_a_cancelled_task_can_be_awaited_further() -> None:
    with pytest.raises(ClientLeft):
        await left_soon(asyncio.sleep(5))

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_work_that_ends_in_an_error_of_its_own_keeps_it() -> None:
    async def fail_when_cancelled() -> None:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError as error:
            raise ZeroDivisionError from error

    with pytest.raises(ZeroDivisionError):
        await left_soon(fail_when_cancelled())


async def test_a_client_that_has_left_before_begins_no_work() -> None:
    exchange = MemoryExchange()
    exchange.leave()

    async def work() -> None:
        raise AssertionError

    with pytest.raises(ClientLeft):
        await CancelScopes().run(work(), exchange, 10)
    await asyncio.sleep(0)


async def test_a_client_that_leaves_later_cancels_nothing() -> None:
    exchange = MemoryExchange()
    await CancelScopes().run(asyncio.sleep(0), exchange, 0.03)
    exchange.leave()

    await asyncio.sleep(0.06)


async def test_nothing_is_left_behind() -> None:
    scopes = CancelScopes()
    for _ in range(3):
        await scopes.run(asyncio.sleep(0.03), MemoryExchange(), 10)

    assert asyncio.all_tasks() == {asyncio.current_task()}
