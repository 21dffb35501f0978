"""Polling of a configuration that changes without a signal."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, TypeAlias

Reload: TypeAlias = Callable[[], Awaitable[None]]
Follow: TypeAlias = Callable[[Reload], Coroutine[None, None, None]]
"""Reload after each change of a configuration, until cancelled."""

_INTERVAL_S: Final = 10.0


async def poll(
    has_changed: Callable[[], bool],
    reload: Reload,
    interval_s: float = _INTERVAL_S,
) -> None:
    """Call `reload` after each change, until cancelled. `has_changed` blocks."""
    while True:
        await asyncio.sleep(interval_s)
        if await asyncio.to_thread(has_changed):
            await reload()
