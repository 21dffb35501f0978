"""Processes that share their rate limits in a Redis, as gateways do."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

from tests.support.redis_server import RedisServer
from tests.support.redis_stores import KeepingSink
from weir.gateway.clock import SystemClock
from weir.gateway.events import SharedStoreFallback
from weir.gateway.limits.bucket import Decision
from weir.gateway.limits.limiter import LimitStates
from weir.gateway.limits.policy import RateLimit
from weir.gateway.limits.shared.processes import Processes
from weir.gateway.limits.shared.states import SharedStates
from weir.gateway.shared_store.connection import RedisConnection
from weir.gateway.shared_store.policy import SharedStorePolicy
from weir.gateway.shared_store.store import SharedStore

CLOCK = SystemClock()


async def take(states: LimitStates, key: bytes = b"key", cost: int = 1) -> Decision:
    """Decide on a request, by a call of the store if it is needed."""
    outcome = states.take(key, CLOCK.monotonic_s(), cost)
    return outcome if isinstance(outcome, Decision) else await outcome()


class LimitProcess:
    """The limits of one process."""

    def __init__(self, url: str, name: str, timeout_s: float = 0.5) -> None:
        self.sink = KeepingSink()
        self.store = SharedStore(
            SharedStorePolicy(url, timeout_s=timeout_s),
            clock=CLOCK,
            rng=Random(1),  # noqa: S311 - jitter
            sink=self.sink,
        )
        self.processes = Processes("weir", name, CLOCK)
        self.store.join(self.processes)

    def states(self, limit: RateLimit, max_keys: int = 1000) -> SharedStates:
        return SharedStates(limit, self.store, self.processes, CLOCK, max_keys)

    @property
    def connection(self) -> RedisConnection:
        connection = self.store.connection
        assert connection is not None
        return connection

    @property
    def fallbacks(self) -> int:
        return sum(isinstance(each, SharedStoreFallback) for each in self.sink.events)


@asynccontextmanager
async def limit_processes(
    server: RedisServer, count: int, timeout_s: float = 0.5
) -> AsyncIterator[list[LimitProcess]]:
    """Start processes, one after the other: the last knows of all of them."""
    async with AsyncExitStack() as stack:
        started: list[LimitProcess] = []
        for number in range(count):
            process = LimitProcess(server.url, f"p{number}", timeout_s)
            await process.store.start()
            stack.push_async_callback(process.store.close)
            started.append(process)
        yield started
