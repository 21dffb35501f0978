"""Work on bodies, which runs in a thread if they are large."""

from collections.abc import Callable
from typing import Final, TypeVar

from weir.gateway.concurrency.fair_threads import FairThreads

T = TypeVar("T")

LARGE_BYTES: Final = 32 * 1024
"""The work on a smaller body takes a few milliseconds, 10 at most."""
_THREADS: Final = 4


class LargeWork:
    """Threads in which clients take turns, so that none delays the others."""

    __slots__ = ("_threads",)

    def __init__(self) -> None:
        self._threads = FairThreads(_THREADS, "weir-body")

    async def computed(self, client: str, size: int, compute: Callable[[], T]) -> T:
        """Return a result that is made of `size` bytes, for a client."""
        if size > LARGE_BYTES:
            return await self._threads.run(client, compute)
        return compute()
