"""The queue in front of the threads that prepare operations and finish large responses.

Both hold the interpreter lock, so one thread computes at a time. A bounded fair queue
decides which preparation starts next. Each client has at most one computation that is
started, and those of several clients alternate (`resolvers.engine.time_slices`). So a
computation that takes a second delays those of its own client, but hardly the others.

If no client waits for an entry any more, it is removed from the queue, or stopped if it
is started.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from sys import maxsize
from threading import Thread
from typing import Any, Final, TypeAlias, TypeVar

from weir.gateway.client_network import client_network
from weir.gateway.clock import Clock
from weir.gateway.errors import WeirError
from weir.resolvers.engine.fair_queue import FairQueue
from weir.resolvers.engine.plan_cache import PlanMemory
from weir.resolvers.engine.time_slices import TimeSlices, Turn
from weir.resolvers.errors import PlannerOverloaded
from weir.resolvers.operation.work import Cancelled, WorkBudget

V = TypeVar("V")

Work: TypeAlias = Callable[[WorkBudget], V]
"""A computation for a thread; it spends from the budget, so it can be stopped."""

_SMALL_BYTES: Final = 1000
"""Operations up to this size have the same cost, so their clients take turns."""
MAX_STARTED: Final = 8
"""Each started preparation takes some megabytes at most."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    """A preparation of a client, which starts once `started` is set."""

    client: str
    started: "asyncio.Future[None]"


class PreparationQueue:
    """A queue of preparations, of which at most `limit` wait to be started.

    `plans` is the memory that the engines' caches of results share.
    """

    def __init__(
        self, limit: int, clock: Clock, plans: PlanMemory | None = None
    ) -> None:
        self._clock = clock
        self.plans: Final = plans or PlanMemory()
        self._waiting = FairQueue[_Entry](limit)
        self._finishing = FairQueue[_Entry](maxsize)
        self._started_s: dict[str, float] = {}
        """The time at which the preparation of each client started."""
        self._threads = _ComputingThreads()

    @property
    def waiting(self) -> int:
        """Return the number of preparations that wait to be started."""
        return len(self._waiting)

    @property
    def oldest_s(self) -> float:
        """Return the seconds since the oldest unfinished preparation was added."""
        now_s = self._clock.monotonic_s()
        since_s = min(self._started_s.values(), default=now_s)
        return max(now_s - since_s, self._waiting.oldest_s(now_s))

    async def run(self, work: Work[V], client: str, size_bytes: int) -> V:
        """Run `work` in its turn; return its result or raise its error.

        `client` is an address, `size_bytes` the size of the operation's text. Raises
        `PlannerOverloaded` if the queue is full.
        """
        return await self._run(self._waiting, work, client, size_bytes)

    async def finish(self, work: Work[V], client: str, size_bytes: int) -> V:
        """Run the last computation for a response, such as its projection, in turn.

        It is not counted against the limit, as the services have done their part.
        `size_bytes` is that of their replies.
        """
        return await self._run(self._finishing, work, client, size_bytes)

    def close(self) -> None:
        """Stop the started preparations, without waiting for their end."""
        self._threads.close()

    async def _run(
        self, queue: FairQueue[_Entry], work: Work[V], client: str, size_bytes: int
    ) -> V:
        network = client_network(client)
        await self._start(queue, network, max(size_bytes, _SMALL_BYTES))
        try:
            return await self._threads.run(work)
        finally:
            self._end(network)

    async def _start(self, queue: FairQueue[_Entry], client: str, cost: int) -> None:
        """Wait until a computation of the client may start."""
        entry = _Entry(client, asyncio.get_running_loop().create_future())
        dropped = queue.push(entry, client, cost, self._clock.monotonic_s())
        if dropped is not None and not dropped.started.done():
            dropped.started.set_exception(PlannerOverloaded())
        self._start_next()
        try:
            await entry.started
        except BaseException:
            if _was_granted(entry.started):
                self._end(client)  # the caller was cancelled at the same time
            else:
                queue.discard(entry)
            raise

    def _start_next(self) -> None:
        """Start preparations of clients that have none, while there are threads."""
        while len(self._started_s) < MAX_STARTED:
            entry = self._finishing.pop(self._started_s) or self._waiting.pop(
                self._started_s
            )
            if entry is None:
                return
            if not entry.started.done():  # its caller may have been cancelled
                self._started_s[entry.client] = self._clock.monotonic_s()
                entry.started.set_result(None)

    def _end(self, client: str) -> None:
        del self._started_s[client]
        self._start_next()


class _ComputingThreads:
    """Threads that compute in turns. One is added when all others are in use."""

    def __init__(self) -> None:
        self._slices = TimeSlices()
        self._idle: list[_ComputingThread] = []
        self._all: list[_ComputingThread] = []

    async def run(self, work: Work[V]) -> V:
        """Run `work`; when cancelled, stop it and wait until it has stopped."""
        thread = self._idle.pop() if self._idle else self._added()
        try:
            return await thread.run(work)
        finally:
            self._idle.append(thread)

    def close(self) -> None:
        for thread in self._all:
            thread.close()

    def _added(self) -> "_ComputingThread":
        thread = _ComputingThread(self._slices)
        self._all.append(thread)
        return thread


class _ComputingThread:
    """A daemon thread, which an exception of its work does not end."""

    def __init__(self, slices: TimeSlices) -> None:
        self._slices = slices
        self._jobs = SimpleQueue[Callable[[Turn], None] | None]()
        self._running: dict[asyncio.Future[Any], WorkBudget] = {}
        Thread(target=self._work, name="weir-planner", daemon=True).start()

    async def run(self, work: Work[V]) -> V:
        """Run `work`; when cancelled, stop it and wait until it has stopped."""
        budget = WorkBudget()
        done: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        done.add_done_callback(self._ended)
        self._running[done] = budget
        self._jobs.put(partial(_compute, work, budget, done))
        try:
            await asyncio.wait((done,))
        except asyncio.CancelledError:
            budget.cancel()
            await asyncio.wait((done,))
            raise
        try:
            return done.result()
        finally:
            del done  # an error refers to this frame

    def close(self) -> None:
        self._jobs.put(None)
        for done, budget in tuple(self._running.items()):
            budget.cancel()
            done.cancel()

    def _ended(self, done: "asyncio.Future[Any]") -> None:
        del self._running[done]
        if not done.cancelled():
            done.exception()  # retrieved, because its caller may be cancelled

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._slices.turn() as turn:
                job(turn)
            del job  # it refers to the document, or to the error's frames


def _compute(
    work: Work[V], budget: WorkBudget, done: "asyncio.Future[V]", turn: Turn
) -> None:
    budget.pause = turn.offer
    try:
        settle = partial(done.set_result, work(budget))
    except BaseException as error:  # noqa: BLE001 - the thread must continue
        settle = partial(done.set_exception, _as_exception(error))
    with suppress(RuntimeError):  # the loop is closed, and no caller waits
        done.get_loop().call_soon_threadsafe(_unless_done, done, settle)


def _unless_done(done: "asyncio.Future[V]", settle: Callable[[], None]) -> None:
    if not done.done():  # it is done if the queue was closed meanwhile
        settle()


def _as_exception(error: BaseException) -> Exception:
    """Return an error that a future accepts, and that does not end the event loop.

    Expected errors are without the frames of the computation, which hold its document.
    """
    if isinstance(error, WeirError):
        return error.without_frames()
    if isinstance(error, Cancelled):
        return error.with_traceback(None)
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    ended = RuntimeError(f"the preparation ended with {type(error).__name__}")
    ended.__cause__ = error
    return ended


def _was_granted(started: "asyncio.Future[None]") -> bool:
    return started.done() and not started.cancelled() and started.exception() is None
