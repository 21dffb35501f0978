"""Turns of clients for computations: a fair queue, and what is started of it.

Each client has at most one computation that is started. So the computations of one
client run one after the other, and those of several clients alternate.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from weir.gateway.clock import Clock
from weir.gateway.concurrency.fair_queue import FairQueue
from weir.resolvers.errors import PlannerOverloaded

_SMALL_BYTES: Final = 1000
"""Computations up to this size have the same cost, so their clients take turns."""
MAX_STARTED: Final = 16
_MAX_STARTED_LARGE: Final = 8
"""Each started computation takes some megabytes at most. Half of them have to be small,
so that many clients with large ones do not keep small ones from being started."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A computation of a client, which starts once `started` is set."""

    client: str
    is_small: bool
    started: "asyncio.Future[None]"


class ClientTurns:
    """The turns, for which at most `limit` entries wait.

    Beyond the limit, the last in turn get PlannerOverloaded.
    """

    def __init__(self, limit: int, clock: Clock) -> None:
        self._clock = clock
        self._waiting = FairQueue[_Entry](limit)
        self._started_s: dict[str, float] = {}
        """The time at which the computation of each client started."""

    @property
    def waiting(self) -> int:
        """Return the number of computations that wait to be started."""
        return len(self._waiting)

    @property
    def oldest_s(self) -> float:
        """Return the seconds since the oldest unfinished computation was added."""
        now_s = self._clock.monotonic_s()
        since_s = min(self._started_s.values(), default=now_s)
        return max(now_s - since_s, self._waiting.oldest_s(now_s))

    async def take(self, client: str, size_bytes: int) -> None:
        """Wait for a turn of the client; raise PlannerOverloaded."""
        is_small = size_bytes <= _SMALL_BYTES
        entry = _Entry(client, is_small, asyncio.get_running_loop().create_future())
        cost, now_s = max(size_bytes, _SMALL_BYTES), self._clock.monotonic_s()
        for dropped in self._waiting.push(entry, client, cost, now_s):
            if not dropped.started.done():
                dropped.started.set_exception(PlannerOverloaded())
        self._start_next()
        try:
            await entry.started
        except BaseException:
            if _was_granted(entry.started):
                self.end(client)  # the caller was cancelled at the same time
            else:
                self._waiting.discard(entry)
            raise

    def end(self, client: str) -> None:
        """End the client's turn."""
        del self._started_s[client]
        self._start_next()

    def _start_next(self) -> None:
        while (entry := self._waiting.pop(self._may_start)) is not None:
            if not entry.started.done():  # its caller may have been cancelled
                self._started_s[entry.client] = self._clock.monotonic_s()
                entry.started.set_result(None)

    def _may_start(self, entry: _Entry) -> bool:
        most = MAX_STARTED if entry.is_small else _MAX_STARTED_LARGE
        return len(self._started_s) < most and entry.client not in self._started_s


def _was_granted(started: "asyncio.Future[None]") -> bool:
    return started.done() and not started.cancelled() and started.exception() is None
