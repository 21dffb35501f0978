"""The queue in front of the one thread that prepares operations.

Preparation holds the interpreter lock: more threads would not prepare more, but delay
requests. So there is one thread, and a bounded fair queue. If no client waits for an
entry any more, it is removed from the queue, or stopped if it is running.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeAlias, TypeVar

from weir.gateway.client_network import client_network
from weir.gateway.clock import Clock
from weir.resolvers.engine.fair_queue import FairQueue
from weir.resolvers.engine.plan_cache import PlanMemory
from weir.resolvers.errors import PlannerOverloaded
from weir.resolvers.operation.work import WorkBudget

V = TypeVar("V")

Work: TypeAlias = Callable[[WorkBudget], V]
"""A computation for the thread; it spends from the budget, so it can be stopped."""

_SMALL_BYTES: Final = 1000
"""Operations up to this size have the same cost, so their clients take turns."""


class PreparationQueue:
    """A queue of preparations, which run one after the other; at most `limit` wait.

    `plans` is the memory that the engines' caches of results share.
    """

    def __init__(
        self, limit: int, clock: Clock, plans: PlanMemory | None = None
    ) -> None:
        self._clock = clock
        self.plans: Final = plans or PlanMemory()
        self._turns = FairQueue[asyncio.Future[None]](limit)
        self._thread = _ComputingThread()
        self._running_since_s: float | None = None

    @property
    def waiting(self) -> int:
        """Return the number of preparations that wait."""
        return len(self._turns)

    @property
    def oldest_s(self) -> float:
        """Return the seconds since the oldest unfinished preparation was added."""
        now_s = self._clock.monotonic_s()
        since_s = now_s if self._running_since_s is None else self._running_since_s
        return max(now_s - since_s, self._turns.oldest_s(now_s))

    async def run(self, work: Work[V], client: str, size_bytes: int) -> V:
        """Run `work` in its turn; return its result or raise its error.

        `client` is an address, `size_bytes` the size of the operation's text. Raises
        `PlannerOverloaded` if the queue is full.
        """
        await self._turn(client_network(client), max(size_bytes, _SMALL_BYTES))
        try:
            return await self._thread.run(work)
        finally:
            self._next()

    def close(self) -> None:
        """Stop the running preparation, without waiting for its end."""
        self._thread.close()

    async def _turn(self, client: str, cost: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        now_s = self._clock.monotonic_s()
        dropped = self._turns.push(turn, client, cost, now_s)
        if dropped is not None and not dropped.done():
            dropped.set_exception(PlannerOverloaded())
        if self._running_since_s is None:
            self._next()
        try:
            await turn
        except BaseException:
            if _was_granted(turn):
                self._next()  # the caller was cancelled at the same time
            else:
                self._turns.discard(turn)
            raise

    def _next(self) -> None:
        turn = self._turns.pop()
        while turn is not None and turn.done():  # its caller is being cancelled
            turn = self._turns.pop()
        self._running_since_s = None if turn is None else self._clock.monotonic_s()
        if turn is not None:
            turn.set_result(None)


class _ComputingThread:
    """A daemon thread, which an exception of its work does not end."""

    def __init__(self) -> None:
        self._jobs = SimpleQueue[Callable[[], None] | None]()
        self._thread = Thread(target=self._work, name="weir-planner", daemon=True)
        self._running: dict[asyncio.Future[Any], WorkBudget] = {}

    async def run(self, work: Work[V]) -> V:
        """Run `work`; when cancelled, stop it and wait until it has stopped."""
        if not self._thread.is_alive():
            self._thread.start()
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
        return done.result()

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
            job()
            del job  # it refers to the document, or to the error's frames


def _compute(work: Work[V], budget: WorkBudget, done: "asyncio.Future[V]") -> None:
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
    """Return an error that a future accepts, and that does not end the event loop."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    ended = RuntimeError(f"the preparation ended with {type(error).__name__}")
    ended.__cause__ = error
    return ended


def _was_granted(turn: "asyncio.Future[None]") -> bool:
    return turn.done() and not turn.cancelled() and turn.exception() is None
