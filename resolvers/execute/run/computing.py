"""The place where an execution computes for long, outside of the event loop."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from weir.resolvers.operation.work import WorkBudget

V = TypeVar("V")

LARGE_BYTES: Final = 128 * 1024
"""Work on replies of more bytes takes longer than 10 ms."""


class Compute(Protocol):
    """Runs a computation, and returns its result or raises its error."""

    async def __call__(
        self, work: Callable[[WorkBudget], V], client: str, size_bytes: int, /
    ) -> V:
        """Run `work` on `size_bytes` of data for a client: an identity or network."""
        ...


async def in_thread(
    work: Callable[[WorkBudget], V], client: str, size_bytes: int, /
) -> V:
    """Run `work` in a thread at once."""
    del client, size_bytes
    return await asyncio.to_thread(work, WorkBudget())
