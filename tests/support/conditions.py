"""Waiting for what another task or thread does."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    """Return when `condition` holds; raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - a state of another thread
            await asyncio.sleep(0.001)
