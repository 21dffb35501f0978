"""Stores that share a Redis, as gateways do; what they tell is kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

from tests.support.calls import RecordingSink
from tests.support.redis_server import RedisServer
from weir.gateway.clock import Clock, SystemClock
from weir.gateway.events import CacheUsed, SharedStoreChanged
from weir.gateway.shared_store.policy import SharedStorePolicy
from weir.gateway.shared_store.store import SharedStore
from weir.gateway.upstreams.middleware.cache.memory_store import MemoryStore
from weir.gateway.upstreams.middleware.cache.redis.store import RedisStore


class KeepingSink(RecordingSink):
    """A recording sink that knows the events of stores."""

    @property
    def availability(self) -> list[bool]:
        return [
            event.available
            for event in self.events
            if isinstance(event, SharedStoreChanged)
        ]

    @property
    def asked(self) -> list[str]:
        return [event.outcome for event in self.events if isinstance(event, CacheUsed)]


class SharingStore(RedisStore):
    """A store with its sink at hand."""

    def __init__(
        self, url: str, timeout_s: float = 20.0, clock: Clock | None = None
    ) -> None:
        self.sink = KeepingSink()
        clock = clock or SystemClock()
        self.store = SharedStore(
            SharedStorePolicy(url, timeout_s=timeout_s),
            clock=clock,
            rng=Random(1),  # noqa: S311 - jitter
            sink=self.sink,
        )
        super().__init__(self.store, MemoryStore(), clock=clock, sink=self.sink)

    async def start(self) -> None:
        await self.store.start()

    async def close(self) -> None:
        await self.store.close()

    def lose_link(self) -> None:
        """Have the connection break, as a network does."""
        connection = self.store.connection
        assert connection is not None
        connection.give_up("broken by a test")


@asynccontextmanager
async def sharing(
    server: RedisServer,
    count: int = 2,
    timeout_s: float = 20.0,
    *,
    available: bool = True,
) -> AsyncIterator[tuple[SharingStore, ...]]:
    """Start stores; without `available`, Redis cannot be reached."""
    stores = tuple(SharingStore(server.url, timeout_s) for _ in range(count))
    async with AsyncExitStack() as stack:
        for store in stores:
            await store.start()
            stack.push_async_callback(store.close)
            await until_available(store, available=available)
        yield stores


async def eventually(
    holds: Callable[[], Awaitable[bool]], within_s: float = 60.0
) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(within_s):
        while not await holds():  # noqa: ASYNC110 - a state of another process
            await asyncio.sleep(0.005)


async def until_available(store: RedisStore, *, available: bool = True) -> None:
    async def holds() -> bool:
        return store.available is available

    await eventually(holds)
