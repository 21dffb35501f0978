"""What a source yields, one set of instances after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from weir.gateway.discovery.discovery import Discovery
from weir.gateway.discovery.policy import InstanceSpec

WITHIN_S = 30.0


@asynccontextmanager
async def following(
    discovery: Discovery,
) -> AsyncIterator[AsyncIterator[dict[str, int]]]:
    """Yield the changes of a discovery, as weights by URL."""
    async with aclosing(discovery.changes()) as changes:
        yield _weights(changes)


async def first(discovery: Discovery) -> dict[str, int]:
    """Return the instances that are found first, as weights by URL."""
    async with following(discovery) as changes:
        return await anext(changes)


async def _weights(
    changes: AsyncIterator[tuple[InstanceSpec, ...]],
) -> AsyncIterator[dict[str, int]]:
    while True:
        try:
            async with asyncio.timeout(WITHIN_S):
                found = await anext(changes)
        except StopAsyncIteration:
            return
        yield {spec.url: spec.weight for spec in found}
