"""Threads for synchronous code of users, shared fairly between clients.

In a pool with one queue, a client with many calls delays all others, and calls that
never return take the pool from all. Here waiting clients take turns, and the running
calls of one client occupy three quarters of the threads at most.
"""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

from msgspec import Struct

T = TypeVar("T")


class FairThreads:
    """A bounded number of threads; an idle one ends when this is collected.

    It may be used by several event loops.
    """

    __slots__ = ("_free", "_lock", "_most", "_pool", "_running", "_waiting")

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threads
        self._most = max(1, threads * 3 // 4)
        self._lock = Lock()
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[_Turn]] = OrderedDict()

    async def run(self, client: str, call: Callable[[], T]) -> T:
        """Run a call of a client in a thread, and return its result.

        A caller that is cancelled does not wait for the call, which continues.
        """
        turn = self._turn(client)
        if turn is not None:
            await self._granted(turn)

        def work() -> T:
            try:
                return call()
            except StopIteration as error:
                # A future cannot have this exception, and would never be done.
                message = "StopIteration was raised"
                raise RuntimeError(message) from error
            finally:
                self._end(client)

        running = asyncio.get_running_loop().run_in_executor(self._pool, work)
        running.add_done_callback(_retrieve)
        # A call that is cancelled before it starts would not end its turn.
        return await asyncio.shield(running)

    def _turn(self, client: str) -> "_Turn | None":
        """Take a thread at once, or return the turn to wait for."""
        with self._lock:
            if self._free and self._running[client] < self._most:
                self._start(client)
                return None
            loop = asyncio.get_running_loop()
            turn = _Turn(client, loop, loop.create_future())
            self._waiting.setdefault(client, deque()).append(turn)
            return turn

    async def _granted(self, turn: "_Turn") -> None:
        try:
            await turn.future
        except BaseException:
            self._give_up(turn)
            raise

    def _give_up(self, turn: "_Turn") -> None:
        with self._lock:
            of_client = self._waiting.get(turn.client, deque[_Turn]())
            waits = turn in of_client
            if waits:
                of_client.remove(turn)
                if not of_client:
                    del self._waiting[turn.client]
        if not waits:  # it was granted at the same time
            self._end(turn.client)

    def _end(self, client: str) -> None:
        with self._lock:
            self._free += 1
            self._running[client] -= 1
            if not self._running[client]:
                del self._running[client]
            granted = list(self._next())
        for turn in granted:
            try:
                turn.loop.call_soon_threadsafe(turn.start)
            except RuntimeError:  # the loop is closed
                self._end(turn.client)

    def _next(self) -> "Iterator[_Turn]":
        """Take the turns for which there are free threads, of each client in turn."""
        while self._free and (client := self._first()) is not None:
            of_client = self._waiting[client]
            yield of_client.popleft()
            self._start(client)
            self._waiting.move_to_end(client)
            if not of_client:
                del self._waiting[client]

    def _first(self) -> str | None:
        below = (each for each in self._waiting if self._running[each] < self._most)
        return next(below, None)

    def _start(self, client: str) -> None:
        self._free -= 1
        self._running[client] += 1


class _Turn(Struct, eq=False):
    """A call that waits for a thread."""

    client: str
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[None]

    def start(self) -> None:
        if not self.future.done():
            self.future.set_result(None)


def _retrieve(ended: asyncio.Future[T]) -> None:
    if not ended.cancelled():
        ended.exception()
