"""Work that an event interrupts."""

import asyncio
from collections.abc import Coroutine


async def done_unless(
    event: asyncio.Event, work: Coroutine[None, None, object]
) -> bool:
    """Do `work` until `event` is set; return whether it was done.

    Work that is not done is cancelled, and has ended.
    """
    loop = asyncio.get_running_loop()
    working = loop.create_task(work)
    waiting = loop.create_task(event.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return True
        return False
    finally:
        for task in (working, waiting):
            task.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)
