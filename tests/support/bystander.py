"""A client that is not to notice what others do to a gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Final

from tests.support.light_client import LightClient, light_client

KNOWN_PER_S, NEW_PER_S = 20, 2
PER_S: Final = KNOWN_PER_S + NEW_PER_S
_NUMBERS: Final = count()


@dataclass
class Bystander:
    """What the client has seen; times in seconds."""

    waits_s: list[float] = field(default_factory=list)
    new_waits_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def p99_s(self) -> float:
        return sorted(self.waits_s)[int(len(self.waits_s) * 0.99)]

    @property
    def longest_new_s(self) -> float:
        return max(self.new_waits_s)

    def add(self, other: "Bystander") -> None:
        """Add what another client has seen."""
        self.waits_s += other.waits_s
        self.new_waits_s += other.new_waits_s
        self.failures += other.failures

    async def ask(self, client: LightClient, query: str, *, new: bool) -> None:
        started_s = monotonic()
        try:
            reply = await client.ask("/graphql", f'{{"query": "{query}"}}'.encode())
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.failures.append(repr(error))
            return
        waited_s = monotonic() - started_s
        self.waits_s.append(waited_s)
        if new:
            self.new_waits_s.append(waited_s)
        if b'"data":{' not in reply.body or b"errors" in reply.body:
            self.failures.append(f"{reply.status} {reply.body[:200]!r}")


@asynccontextmanager
async def bystander(url: str) -> AsyncIterator[Bystander]:
    """Send known and new operations as long as the block runs."""
    seen, end = Bystander(), asyncio.Event()
    async with light_client(url) as client, asyncio.TaskGroup() as tasks:
        for per_s, new in ((KNOWN_PER_S, False), (NEW_PER_S, True)):
            tasks.create_task(_ask_until(end, seen, client, 1 / per_s, new=new))
        try:
            yield seen
        finally:
            end.set()


async def _ask_until(
    end: asyncio.Event,
    seen: Bystander,
    client: LightClient,
    seconds: float,
    *,
    new: bool,
) -> None:
    async with asyncio.TaskGroup() as asking:
        while not end.is_set():
            key = f"new{next(_NUMBERS)}" if new else "known"
            asking.create_task(seen.ask(client, f"{{ {key}: a }}", new=new))
            await asyncio.sleep(seconds)
