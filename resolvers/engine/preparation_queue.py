"""The queue in front of the threads that prepare operations and finish large responses.

Both hold the interpreter lock, so one thread computes at a time. The computations that
are started alternate (`resolvers.engine.time_slices`). So a computation that takes a
second delays those of its own client, but hardly the others.

If no client waits for a computation any more, it leaves the queue, or is stopped if it
is started.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from sys import maxsize
from threading import Thread
from typing import Any, Final, TypeAlias, TypeVar

from weir.gateway.clock import Clock
from weir.gateway.concurrency.client_memory import ClientMemory
from weir.gateway.errors import WeirError
from weir.gateway.transport.reply_hold import DEFAULT_BYTES as REPLY_BYTES
from weir.resolvers.engine.client_turns import ClientTurns
from weir.resolvers.engine.plan_cache import PlanMemory
from weir.resolvers.engine.time_slices import STUCK_S, TimeSlices, Turn
from weir.resolvers.operation.work import Cancelled, WorkBudget

V = TypeVar("V")

Work: TypeAlias = Callable[[WorkBudget], V]
"""A computation for a thread; it spends from the budget, so it can be stopped."""


class PreparationQueue:
    """A queue of computations, for which at most `limit` preparations wait.

    `plans` is the memory that the engines' caches of results share, and `replies` that
    for the replies of services to operations in progress.
    """

    def __init__(
        self,
        limit: int,
        clock: Clock,
        plans: PlanMemory | None = None,
        replies: ClientMemory | None = None,
    ) -> None:
        self.plans: Final = plans or PlanMemory()
        self.replies: Final = replies or ClientMemory(REPLY_BYTES)
        self._preparing = ClientTurns(limit, clock)
        # The memory for replies bounds them.
        self._finishing = ClientTurns(maxsize, clock)
        self._threads = _ComputingThreads()

    @property
    def waiting(self) -> int:
        """Return the number of preparations that wait to be started."""
        return self._preparing.waiting

    @property
    def oldest_s(self) -> float:
        """Return the seconds since the oldest unfinished preparation was added."""
        return self._preparing.oldest_s

    async def run(self, work: Work[V], client: str, size_bytes: int) -> V:
        """Run `work` in its turn; return its result or raise its error.

        `client` is an identity or a network, `size_bytes` the size of the operation's
        text. Raises `PlannerOverloaded` if the queue is full.
        """
        return await self._run(work, self._preparing, client, size_bytes)

    async def finish(self, work: Work[V], client: str, size_bytes: int) -> V:
        """Run the last computation for a response, such as its projection, in its turn.

        `size_bytes` is that of the services' replies.
        """
        return await self._run(work, self._finishing, client, size_bytes)

    def close(self) -> None:
        """Stop the started computations, without waiting for their end."""
        self._threads.close()

    async def _run(
        self, work: Work[V], turns: ClientTurns, client: str, size: int
    ) -> V:
        await turns.take(client, size)
        try:
            return await self._threads.run(work)
        finally:
            turns.end(client)


class _ComputingThreads:
    """Threads that compute in turns. One is added when all others are in use."""

    def __init__(self) -> None:
        self._slices = TimeSlices()
        self._idle: list[_ComputingThread] = []
        self._all: list[_ComputingThread] = []

    async def run(self, work: Work[V]) -> V:
        """Run `work`; when cancelled, stop it and wait until it has stopped."""
        thread = self._idle.pop() if self._idle else self._added()
        return await thread.run(work)

    def close(self) -> None:
        for thread in self._all:
            thread.close()

    def _added(self) -> "_ComputingThread":
        thread = _ComputingThread(self._slices, self._idle.append)
        self._all.append(thread)
        return thread


class _ComputingThread:
    """A daemon thread, which an exception of its work does not end.

    `idle` is called with the thread when its work has ended.
    """

    def __init__(
        self, slices: TimeSlices, idle: "Callable[[_ComputingThread], None]"
    ) -> None:
        self._slices = slices
        self._idle = idle
        self._jobs = SimpleQueue[Callable[[Turn], None] | None]()
        self._running: dict[asyncio.Future[Any], WorkBudget] = {}
        Thread(target=self._work, name="weir-planner", daemon=True).start()

    async def run(self, work: Work[V]) -> V:
        """Run `work`; when cancelled, stop it and wait until it has stopped.

        A caller does not wait longer than `STUCK_S` for work that does not stop.
        """
        budget = WorkBudget()
        done: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        done.add_done_callback(self._ended)
        self._running[done] = budget
        self._jobs.put(partial(_compute, work, budget, done))
        try:
            await asyncio.wait((done,))
        except asyncio.CancelledError:
            budget.cancel()
            await asyncio.wait((done,), timeout=STUCK_S)
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
        self._idle(self)
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
