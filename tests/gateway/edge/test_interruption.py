import asyncio

import pytest

from weir.gateway.edge.asgi import Message
from weir.gateway.edge.interruption import ClientLeft, Interruptions
from weir.gateway.errors import DeadlineExceeded


async def stays() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def leaves() -> Message:
    return {"type": "http.disconnect"}


async def test_a_client_that_leaves_ends_the_work() -> None:
    with pytest.raises(ClientLeft), Interruptions().of(leaves, 10):
        await asyncio.sleep(5)


async def test_the_deadline_ends_the_work() -> None:
    with pytest.raises(DeadlineExceeded), Interruptions().of(stays, 0.03):
        await asyncio.sleep(5)


async def test_a_deadline_that_is_over_ends_it_at_the_next_round() -> None:
    with pytest.raises(DeadlineExceeded), Interruptions().of(stays, -1):
        await asyncio.sleep(5)


async def test_each_of_many_is_interrupted_alone() -> None:
    interruptions = Interruptions()

    async def work(seconds: float) -> str:
        with interruptions.of(stays, 0.1):
            await asyncio.sleep(seconds)
        return "done"

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

    async def work() -> None:
        with Interruptions().of(left, 10):
            started.set()
            await asyncio.sleep(5)

    async def left() -> Message:
        # Both come in the same turn of the loop.
        working.cancel()
        return {"type": "http.disconnect"}

    working = asyncio.create_task(work())
    await started.wait()

    with pytest.raises(asyncio.CancelledError):
        await working
    assert working.cancelled()


async def test_an_interrupted_task_can_be_awaited_further() -> None:
    with pytest.raises(ClientLeft), Interruptions().of(leaves, 10):
        await asyncio.sleep(5)

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

    with pytest.raises(ZeroDivisionError), Interruptions().of(leaves, 10):
        await fail_when_cancelled()


async def test_nothing_is_left_behind() -> None:
    interruptions = Interruptions()
    for _ in range(3):
        with interruptions.of(stays, 10):
            await asyncio.sleep(0.03)

    await asyncio.sleep(0.03)
    assert asyncio.all_tasks() == {asyncio.current_task()}
