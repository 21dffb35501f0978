"""Polling of a configuration that changes without a signal."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

_INTERVAL_S: Final = 10.0


async def poll(
    has_changed: Callable[[], bool],
    reload: Callable[[], Awaitable[None]],
    interval_s: float = _INTERVAL_S,
) -> None:
    """Call `reload` after each change, until cancelled. `has_changed` blocks."""
    while True:
        await asyncio.sleep(interval_s)
        if await asyncio.to_thread(has_changed):
            await reload()
