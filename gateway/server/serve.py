"""The life of a serving process, from its sockets to its exit code.

bind -> control port -> start -> data port -> ready
     -> SIGTERM: drain (serving, responses close) -> end streams -> finish -> close
     -> exit 0

A process that is stuck is ended after its drain delay and its drain timeout.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Protocol

from weir.gateway.clock import SystemClock
from weir.gateway.edge.exchange import Handler
from weir.gateway.events import EventSink, SecurityDecision
from weir.gateway.server.asgi import ASGIApp, asgi_handler
from weir.gateway.server.listener import BoundSocket, Listener
from weir.gateway.server.options import ServeOptions
from weir.gateway.server.process.descriptor_limit import raise_descriptor_limit
from weir.gateway.server.process.event_loop import run_to_end
from weir.gateway.server.process.interpreter import freeze_heap, set_switch_interval
from weir.gateway.server.process.readiness import Phase, Readiness
from weir.gateway.server.process.signals import Signals

EXIT_OK = 0
EXIT_CUT_OFF = 1
_CONTROL_GRACE_S = 1.0
_CONTROL_CONNECTIONS = 100


class Load(Protocol):
    """The current load of the data port."""

    @property
    def connections(self) -> int: ...

    @property
    def requests(self) -> int: ...


class Service(Protocol):
    """The application. All ports have their handlers before `start`."""

    @property
    def data(self) -> Handler: ...

    @property
    def control(self) -> ASGIApp: ...

    @property
    def probes(self) -> ASGIApp: ...

    @property
    def sink(self) -> EventSink: ...

    async def start(self) -> None:
        """Build the service; an exception leaves `run`, with the sockets closed."""
        ...

    async def started(self, load: Load) -> None:
        """All ports listen from here on."""
        ...

    async def reload(self) -> object:
        """Reload the configuration; raise an error if the new one cannot serve."""
        ...

    def end_streams(self) -> None:
        """End the streams that do not end by themselves, such as WebSockets."""
        ...

    async def close(self) -> None:
        """Flush and close everything, after the last response or a failed start."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sockets:
    """The sockets to serve, made by `bind` before anything slow begins."""

    data: BoundSocket
    control: BoundSocket
    probes: BoundSocket | None = None


def run(
    service: Callable[[], Service],
    sockets: Sockets,
    readiness: Readiness,
    options: ServeOptions,
) -> int:
    """Serve until a signal stops it, on an own event loop; return the exit code.

    `service` is called on that loop. Raise ListenError, and the errors of `start`.
    """

    async def live() -> int:
        return await _Process(service(), sockets, readiness, options).live()

    set_switch_interval()
    raise_descriptor_limit()
    return run_to_end(live())


class _Process:
    def __init__(
        self,
        service: Service,
        sockets: Sockets,
        readiness: Readiness,
        options: ServeOptions,
    ) -> None:
        self._service = service
        self._sockets = sockets
        self._readiness = readiness
        self._options = options
        self._signals = Signals(
            service.reload,
            options.drain_delay_s + options.grace_s + options.closing_s,
        )
        clock = SystemClock()
        limits = options.limits
        self._data = Listener(service.data, limits, clock, self._refused)
        # Clients of the other ports must not take all descriptors of the process.
        few = replace(limits, connections=_CONTROL_CONNECTIONS)
        self._control = Listener(
            asgi_handler(service.control), few, clock, self._refused
        )
        self._probes = Listener(asgi_handler(service.probes), few, clock, self._refused)

    async def live(self) -> int:
        self._signals.install()
        try:
            await self._control.open(self._sockets.control)
            if self._sockets.probes is not None:
                await self._probes.open(self._sockets.probes)
            if not await self._start():
                return EXIT_OK
            await self._signals.stop.wait()
            return EXIT_OK if await self._stop() else EXIT_CUT_OFF
        finally:
            await self._service.close()
            await asyncio.gather(
                self._control.close(_CONTROL_GRACE_S),
                self._probes.close(_CONTROL_GRACE_S),
            )
            self._sockets.data.socket.close()
            await self._signals.remove()

    async def _start(self) -> bool:
        """Start the service and the data port; return False if a signal stops it."""
        if not await _unless(self._signals.stop, self._service.start()):
            return False
        await self._data.open(self._sockets.data)
        freeze_heap()
        self._readiness.phase = Phase.READY
        await self._service.started(self._data)
        self._signals.allow_reloads()
        return True

    async def _stop(self) -> bool:
        """Drain and close; return False if requests were cut off."""
        self._readiness.phase = Phase.DRAINING
        self._data.drain()
        now = self._signals.now
        await _unless(now, asyncio.sleep(self._options.drain_delay_s))
        self._service.end_streams()
        if not await _unless(now, self._data.close(self._options.grace_s)):
            await self._data.close(0)
        return not self._data.cut_off

    def _refused(self, code: str) -> None:
        self._service.sink.emit(
            SecurityDecision(request_id="", decision="refused", reason=code)
        )


async def _unless(event: asyncio.Event, work: Coroutine[None, None, object]) -> bool:
    """Do `work` until `event` is set; return whether it was done."""
    loop = asyncio.get_running_loop()
    working = loop.create_task(work)
    waiting = loop.create_task(event.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return True
        return False
    finally:
        for task in (working, waiting):
            task.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)
