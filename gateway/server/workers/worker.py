"""The life of a worker, from its fork to its exit code.

start -> accept connections -> ready
      -> drain (responses close) -> stop: end streams, finish, close -> exit

The supervisor commands it over a channel. When the supervisor has ended, the worker
stops by itself.
"""

import asyncio
import faulthandler
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from weir.gateway.edge.exchange import Handler
from weir.gateway.events import EventSink
from weir.gateway.server.address import Address
from weir.gateway.server.listener import BoundSocket, new_listener
from weir.gateway.server.load import Load
from weir.gateway.server.options import ServeOptions
from weir.gateway.server.process.event_loop import run_to_end
from weir.gateway.server.process.forced_exit import exit_within
from weir.gateway.server.process.interpreter import (
    freeze_own_heap,
    set_switch_interval,
)
from weir.gateway.server.process.interruption import done_unless
from weir.gateway.server.workers.board import Board, SlotShare
from weir.gateway.server.workers.channel import Channel
from weir.gateway.server.workers.template import WorkerSockets

_BEAT_S: Final = 0.25
_POLL_S: Final = 0.05
_IGNORED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Start:
    """Build the service and accept connections; the reply comes when it is ready."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Serve on, but end each connection with its next response."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Accept no further connections, and drain; other workers get the new ones.

    The reply comes when there are no connections left, or after a time.
    """

    within_s: float


@dataclass(frozen=True, slots=True)
class Stop:
    """End within a time; the reply is `Stopped`."""

    grace_s: float


@dataclass(frozen=True, slots=True)
class Stopped:
    """Whether requests were cut off, and the last report of the service."""

    cut_off: bool
    report: object


Command: TypeAlias = Start | Drain | Leave | Stop
"""A message about the life of a worker; others are for its service."""


class WorkerService(Protocol):
    """The application in a worker."""

    @property
    def data(self) -> Handler: ...

    @property
    def sink(self) -> EventSink: ...

    async def start(self) -> None:
        """Build the service."""
        ...

    async def started(self, load: Load) -> None:
        """The worker accepts connections from here on."""
        ...

    async def handle(self, message: object) -> object:
        """Return the reply to a message of the supervisor."""
        ...

    def end_streams(self) -> None:
        """End the streams that do not end by themselves, such as WebSockets."""
        ...

    def last_report(self) -> object:
        """Return what the supervisor is to know after the last response."""
        ...

    async def close(self) -> None:
        """Flush and close everything, after the last response."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPlace:
    """The slot of a worker on the board, and its sockets."""

    slot: int
    board: Board
    sockets: WorkerSockets


NewService: TypeAlias = Callable[[], WorkerService]
"""A function that makes the service of a worker, on its event loop."""


def run_worker(
    new_service: NewService, place: WorkerPlace, options: ServeOptions
) -> int:
    """Serve until the supervisor stops the worker or ends; return the exit code."""
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    faulthandler.enable()  # the supervisor aborts a worker that is hung
    set_switch_interval()

    async def live() -> int:
        return await _Worker(new_service(), place, options).live()

    return run_to_end(live())


class _Worker:
    def __init__(
        self, service: WorkerService, place: WorkerPlace, options: ServeOptions
    ) -> None:
        self._service = service
        self._place = place
        self._options = options
        self._board, self._slot = place.board, place.slot
        self._stopping: asyncio.Task[Stopped] | None = None
        self._now = asyncio.Event()
        self._share = share = SlotShare(place.board, place.slot)
        self._listener = new_listener(
            service.data, options.limits, service.sink, share, options.tls
        )

    async def live(self) -> int:
        beating = asyncio.create_task(self._beat(), name="beat")
        channel = await Channel.over(self._place.sockets.supervisor, self._handle)
        # The supervisor closes its end when the worker has stopped, or when it ends.
        await channel.closed.wait()
        await self._stop(self._options.grace_s)
        await self._service.close()
        beating.cancel()
        return 1 if self._listener.cut_off else 0

    async def _handle(self, message: object) -> object:
        match message:
            case Start():
                await self._start()
            case Drain():
                self._listener.drain()
            case Leave(within_s):
                await self._leave(within_s)
            case Stop(grace_s):
                return await self._stop(grace_s)
            case _:
                return await self._service.handle(message)
        return None

    async def _start(self) -> None:
        await self._service.start()
        listening = self._place.sockets.listening
        address = Address(*listening.getsockname()[:2])
        await self._listener.open(BoundSocket(listening, address))
        freeze_own_heap()
        await self._service.started(self._listener)

    async def _leave(self, within_s: float) -> None:
        self._share.leave()
        self._listener.leave()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._listener.connections:  # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(_POLL_S)

    async def _stop(self, grace_s: float) -> "Stopped":
        """Finish and close the listener; a second stop cuts off the first one."""
        exit_within(grace_s + self._options.closing_s)
        if self._stopping is None:
            self._stopping = asyncio.create_task(self._finish(grace_s))
        else:
            self._now.set()
        return await asyncio.shield(self._stopping)

    async def _finish(self, grace_s: float) -> "Stopped":
        self._service.end_streams()
        if not await done_unless(self._now, self._listener.close(grace_s)):
            await self._listener.close(0)
        self._share.leave()
        return Stopped(self._listener.cut_off, self._service.last_report())

    async def _beat(self) -> None:
        while True:
            self._board.beat(self._slot)
            await asyncio.sleep(_BEAT_S)
