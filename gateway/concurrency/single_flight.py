"""One call for all callers of the same result at the same time.

The first caller of a key starts a task, and callers that come while it runs wait for
the same task. The task belongs to none of them: a caller that is cancelled, or whose
time is over, leaves alone. When the last one has left, the call is cancelled, so that
there are never more calls than callers.

The work must not depend on the caller that happens to start it. Its inputs belong
into the key, and the work needs a deadline of its own.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Work: TypeAlias = Callable[[], Coroutine[Any, Any, V]]


class WaitExpired(Exception):
    """The time of one waiter is over; the shared call continues for the others."""


class SharedCallCancelled(Exception):
    """Something other than its waiters cancelled the shared call."""


class SingleFlight(Generic[K, V]):
    """The calls that are running, at most one per key for newcomers to join.

    Up to `max_unwaited` calls whose waiters have all left run to their end, for work
    that serves later callers as well.
    """

    __slots__ = ("_joinable", "_max_unwaited", "_running")

    def __init__(self, *, max_unwaited: int = 0) -> None:
        self._max_unwaited = max_unwaited
        self._joinable: dict[K, _SharedCall[K, V]] = {}
        self._running: set[_SharedCall[K, V]] = set()

    def __len__(self) -> int:
        """Return the number of running calls, also of cancelled ones until they end."""
        return len(self._running)

    async def run(self, key: K, work: Work[V], timeout_s: float | None = None) -> V:
        """Return the result of the call of `key`, started by `work` if there is none.

        Raise the errors of the work, `WaitExpired` after `timeout_s`, and
        `SharedCallCancelled`.
        """
        call = self._joinable.get(key) or self._start(key, work)
        waiter: asyncio.Future[V] = call.task.get_loop().create_future()
        call.waiters.add(waiter)
        if timeout_s is not None:
            timer = waiter.get_loop().call_later(timeout_s, _expire, waiter)
            waiter.add_done_callback(lambda _: timer.cancel())
        try:
            return await waiter
        finally:
            if not call.task.done():
                self._leave(call, waiter)
            del call, waiter  # an error refers to this frame

    def detach(self) -> None:
        """Have newcomers start new calls; the running ones keep their waiters."""
        self._joinable.clear()

    async def close(self) -> None:
        """Cancel the running calls, and return when all of them have ended."""
        tasks = [call.task for call in self._running]
        for task in tasks:
            if not task.cancelling():  # a second one would cut its clean-up short
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(self, key: K, work: Work[V]) -> "_SharedCall[K, V]":
        call = self._joinable[key] = _SharedCall(key, asyncio.create_task(work()))
        self._running.add(call)
        call.task.add_done_callback(partial(self._finish, call))
        return call

    def _leave(self, call: "_SharedCall[K, V]", waiter: "asyncio.Future[V]") -> None:
        call.waiters.discard(waiter)
        if call.waiters or self._may_run_unwaited():
            return
        self._separate(call)
        call.task.cancel()

    def _may_run_unwaited(self) -> bool:
        """Return whether the call that was just left may continue."""
        most = self._max_unwaited
        return most > 0 and sum(not call.waiters for call in self._running) <= most

    def _finish(self, call: "_SharedCall[K, V]", task: "asyncio.Task[V]") -> None:
        """Hand the outcome to every waiter."""
        self._running.discard(call)
        self._separate(call)
        error = SharedCallCancelled() if task.cancelled() else task.exception()
        for waiter in call.waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(task.result())
            else:
                waiter.set_exception(error)

    def _separate(self, call: "_SharedCall[K, V]") -> None:
        if self._joinable.get(call.key) is call:
            del self._joinable[call.key]


class _SharedCall(Struct, Generic[K, V], eq=False):
    """A running call, and a future for each of its waiters."""

    key: K
    task: asyncio.Task[V]
    waiters: set[asyncio.Future[V]] = set()


def _expire(waiter: "asyncio.Future[Any]") -> None:
    if not waiter.done():
        waiter.set_exception(WaitExpired())
