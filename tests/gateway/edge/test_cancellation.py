import asyncio

import pytest

from tests.support.memory_exchange import MemoryExchange
from weir.gateway.edge.cancellation import CancelScope, CancelScopes
from weir.gateway.edge.exchange import ClientLeft
from weir.gateway.errors import DeadlineExceeded


def scope(time_left_s: float, scopes: CancelScopes | None = None) -> CancelScope:
    return CancelScope(scopes or CancelScopes(), MemoryExchange(), time_left_s)


def left_soon() -> CancelScope:
    exchange = MemoryExchange()
    asyncio.get_running_loop().call_later(0.01, exchange.leave)
    return CancelScope(CancelScopes(), exchange, 10)


async def test_a_client_that_leaves_ends_the_work() -> None:
    with pytest.raises(ClientLeft), left_soon():
        await asyncio.sleep(5)


async def test_the_deadline_ends_the_work() -> None:
    with pytest.raises(DeadlineExceeded), scope(0.03):
        await asyncio.sleep(5)


async def test_a_deadline_that_is_over_ends_it_at_the_next_round() -> None:
    with pytest.raises(DeadlineExceeded), scope(-1):
        await asyncio.sleep(5)


async def test_each_of_many_is_cancelled_alone() -> None:
    scopes = CancelScopes()

    async def work(seconds: float) -> str:
        with scope(0.1, scopes):
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
    exchange = MemoryExchange()

    async def work() -> None:
        with CancelScope(CancelScopes(), exchange, 10):
            started.set()
            await asyncio.sleep(5)

    working = asyncio.create_task(work())
    await started.wait()
    # Both come in the same turn of the loop.
    working.cancel()
    exchange.leave()

    with pytest.raises(asyncio.CancelledError):
        await working
    assert working.cancelled()


async def test_a_cancelled_task_can_be_awaited_further() -> None:
    with pytest.raises(ClientLeft), left_soon():
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

    with pytest.raises(ZeroDivisionError), left_soon():
        await fail_when_cancelled()


async def test_a_client_that_has_left_before_begins_no_work() -> None:
    exchange = MemoryExchange()
    exchange.leave()

    with pytest.raises(ClientLeft), CancelScope(CancelScopes(), exchange, 10):
        raise AssertionError

    await asyncio.sleep(0)


async def test_a_client_that_leaves_later_cancels_nothing() -> None:
    exchange = MemoryExchange()
    with CancelScope(CancelScopes(), exchange, 0.03):
        pass
    exchange.leave()

    await asyncio.sleep(0.06)


async def test_nothing_is_left_behind() -> None:
    scopes = CancelScopes()
    for _ in range(3):
        with scope(10, scopes):
            await asyncio.sleep(0.03)

    assert asyncio.all_tasks() == {asyncio.current_task()}
