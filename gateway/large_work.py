"""Work on bodies, which runs in a thread if they are large."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

_LARGE_BYTES: Final = 32 * 1024
"""The work on a smaller body takes a few milliseconds, 10 at most."""


async def computed(size: int, compute: Callable[[], T]) -> T:
    """Return a result that is made of `size` bytes."""
    if size > _LARGE_BYTES:
        return await asyncio.to_thread(compute)
    return compute()
