"""The supervisor keeps as many workers as are configured, and serves no client itself.

- A worker that ends is replaced, with a growing delay if it did not live long.
- A worker whose event loop has not run for a time is killed, and then replaced.
- A roll replaces all workers, one after the other. A worker leaves when its replacement
  serves, and finishes what it has begun.
"""

import asyncio
import logging
import signal
import socket
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final, Literal, TypeAlias, get_args

from weir.gateway.server.errors import WorkersFailed
from weir.gateway.server.listener import BoundSocket
from weir.gateway.server.options import ServeOptions
from weir.gateway.server.workers.board import Board
from weir.gateway.server.workers.channel import CallFailed, ChannelClosed
from weir.gateway.server.workers.pool import WorkerPool
from weir.gateway.server.workers.running_worker import RunningWorker, WorkerPhase
from weir.gateway.server.workers.template_process import TemplateFailed
from weir.gateway.server.workers.worker import Drain

_LOG: Final = logging.getLogger("weir.server")
_FIRST_DELAY_S: Final = 0.5
_LONGEST_DELAY_S: Final = 30.0
_STABLE_S: Final = 60.0
_WATCH_S: Final = 1.0
_STOPS: Final = "the gateway stops"
WorkerEnd: TypeAlias = Literal["ended", "hung", "failed"]
"""A worker has ended without being stopped, was killed as it hung, or did not start."""
FAILURES: Final = (TemplateFailed, ChannelClosed, CallFailed)
"""The errors of a worker that does not start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisorOptions:
    """The number of workers, the module of their template, and how they stop.

    A worker is hung if its event loop has not run for `hung_s`.
    """

    workers: int
    template: str
    serve: ServeOptions
    hung_s: float = 30.0


class Supervisor:
    """The data port that workers serve.

    `first` returns the messages that each new worker gets.
    `last_report` is called with the last report of each worker that stops. `ends`
    counts the workers that were not stopped.
    """

    def __init__(
        self,
        options: SupervisorOptions,
        first: Callable[[], Iterable[object]],
        last_report: Callable[[object], None],
    ) -> None:
        self._options = options
        self._last_report = last_report
        # A worker that leaves has its slot while its replacement has another one.
        self._board = Board.create(2 * options.workers)
        self._listening: socket.socket | None = None
        self.pool: Final = WorkerPool(options.template, self._board, first)
        self._places = [_Place(self) for _ in range(options.workers)]
        self._tasks: list[asyncio.Task[None]] = []
        self._rolling = asyncio.Lock()
        self.cut_off = False
        self.ends: Final = Counter[WorkerEnd]()

    def states(self) -> Mapping[WorkerPhase, int]:
        """Return the number of workers in each state."""
        found = Counter(each.state for each in self.pool.running)
        return {state: found[state] for state in get_args(WorkerPhase)}

    @property
    def is_serving(self) -> bool:
        """Whether there is a worker that takes requests."""
        return bool(self.pool.ready)

    async def open(self, bound: BoundSocket) -> None:
        """Start the workers, and return when all of them serve; raise WorkersFailed."""
        self._listening = bound.socket
        try:
            await asyncio.gather(*(place.fill() for place in self._places))
        except FAILURES as error:
            raise WorkersFailed(str(error)) from error
        for work in (self._watch(), *(place.keep() for place in self._places)):
            self._begin(work)

    async def set_state(self, state: object) -> None:
        """Let all workers have a new state; one that cannot use it is replaced."""
        for worker, error in await self.pool.set_state(state):
            _LOG.error("worker %d cannot serve the change: %s", worker.pid, error)
            self._begin(self.dismiss(worker))

    async def roll(self) -> None:
        """Replace all workers by those of a new template; raise WorkersFailed.

        After a failure, the workers that are not replaced yet continue to serve. A roll
        that has begun ends, also if its caller does not wait for it.
        """
        rolling = self._begin(self._roll())
        try:
            await asyncio.shield(rolling)
        except asyncio.CancelledError:
            if rolling.cancelled():
                raise WorkersFailed(_STOPS) from None
            raise

    async def _roll(self) -> None:
        async with self._rolling:
            await self.pool.renew_template()
            for place in self._places:
                try:
                    await place.roll()
                except FAILURES as error:
                    raise WorkersFailed(str(error)) from error

    def drain(self) -> None:
        """Let each connection end with its next response."""
        self._begin(self._drain())

    async def close(self, grace_s: float) -> None:
        """Stop all workers; the second of two calls cuts off the first."""
        for task in tuple(self._tasks):
            task.cancel()
        await self.pool.close()
        # The last process that listens must be one that accepts what has connected.
        if self._listening is not None:
            self._listening.close()
        workers = tuple(self.pool.running)
        stops = (self._stop(each, grace_s) for each in workers)
        self.cut_off = not all(await asyncio.gather(*stops))

    def release(self) -> None:
        """Release the memory that the workers have shared, after `close`."""
        self._board.close()

    async def new_worker(self) -> RunningWorker:
        """Return a new worker that serves; raise one of FAILURES."""
        assert self._listening is not None, "the port is open"
        return await self.pool.start(self._listening)

    async def dismiss(self, worker: RunningWorker) -> None:
        """Let a worker finish, and stop it; its place gets another one."""
        serve = self._options.serve
        await worker.leave(serve.drain_delay_s)
        await self._stop(worker, serve.grace_s)

    async def _stop(self, worker: RunningWorker, grace_s: float) -> bool:
        """Stop a worker; return whether all of its requests have ended."""
        within_s = grace_s + self._options.serve.closing_s
        stopped = await worker.stop(grace_s, within_s)
        if stopped is None:
            return False
        self._last_report(stopped.report)
        return not stopped.cut_off

    async def _drain(self) -> None:
        await self.pool.call(Drain())

    async def _watch(self) -> None:
        """Kill each worker whose event loop does not run."""
        while True:
            before_s = monotonic()
            await asyncio.sleep(_WATCH_S)
            if monotonic() - before_s > 2 * _WATCH_S:
                continue  # all processes may have been stopped, with their machine
            for worker in tuple(self.pool.running):
                silent_s = self._board.silent_s(worker.slot)
                if silent_s > self._options.hung_s and not worker.is_hung:
                    worker.is_hung = True
                    _LOG.error(
                        "worker %d is killed: its event loop has not run for %.0f s",
                        worker.pid,
                        silent_s,
                    )
                    self.ends["hung"] += 1
                    await worker.abort()

    def _begin(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.remove(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, WorkersFailed):
            _LOG.error("the workers are not supervised any more", exc_info=error)


class _Place:
    """The place of one worker, which is filled again when its worker leaves."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._worker: RunningWorker | None = None
        self._failures = 0
        # A roll and a crash must not start two workers for one place.
        self._filling = asyncio.Lock()

    async def fill(self) -> None:
        """Start a worker in this place; raise one of FAILURES."""
        self._worker = await self._supervisor.new_worker()

    async def roll(self) -> None:
        """Replace the worker; raise one of FAILURES, with the worker in its place."""
        async with self._filling:
            before = self._worker
            await self.fill()
        if before is not None:
            await self._supervisor.dismiss(before)

    async def keep(self) -> None:
        """Keep a worker in this place."""
        while True:
            since_s = monotonic()
            await self._until_left()
            self._failures = (
                0 if monotonic() - since_s > _STABLE_S else self._failures + 1
            )
            await self._refill()

    async def _until_left(self) -> None:
        """Wait until the worker leaves without another one in its place."""
        while (worker := self._worker) is not None:
            await worker.leaving.wait()
            if self._worker is worker:
                self._worker = None
                if worker.ended.is_set():
                    if not worker.is_hung:
                        self._supervisor.ends["ended"] += 1
                    await _log_end(worker)

    async def _refill(self) -> None:
        while self._worker is None:
            await asyncio.sleep(_delay_s(self._failures))
            try:
                async with self._filling:
                    if self._worker is None:
                        await self.fill()
            except FAILURES as error:
                self._failures += 1
                self._supervisor.ends["failed"] += 1
                _LOG.error(
                    "a worker could not start, the next attempt is in %.1f s: %s",
                    _delay_s(self._failures),
                    error,
                )


def _delay_s(failures: int) -> float:
    """Return the delay before a start; the first failure has none."""
    if failures <= 1:
        return 0.0
    return min(_FIRST_DELAY_S * 2.0 ** min(failures - 2, 30), _LONGEST_DELAY_S)


async def _log_end(worker: RunningWorker) -> None:
    """Log the end of a worker that was not stopped."""
    code = await worker.exit_code()
    if code is None:
        reason = "for an unknown reason"
    elif code < 0:
        reason = f"by {signal.Signals(-code).name}"
    else:
        reason = f"with exit code {code}"
    _LOG.error("worker %d has ended %s; it is replaced", worker.pid, reason)
