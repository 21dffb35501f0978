"""Work on large bodies: a client with much of it does not delay the others."""

import asyncio
import threading

from weir.gateway.concurrency.large_work import LARGE_BYTES, LargeWork


async def test_large_work_of_one_client_does_not_delay_that_of_another() -> None:
    work, opened = LargeWork(), threading.Event()
    hanging = [
        asyncio.create_task(work.computed("a", LARGE_BYTES + 1, opened.wait))
        for _ in range(100)
    ]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            assert await work.computed("b", LARGE_BYTES + 1, lambda: "b") == "b"
    finally:
        opened.set()
    assert all(await asyncio.gather(*hanging))


async def test_small_work_uses_no_thread() -> None:
    thread = await LargeWork().computed("a", LARGE_BYTES, threading.current_thread)

    assert thread is threading.current_thread()
