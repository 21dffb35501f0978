"""The life of a serving process, from its sockets to its exit code.

bind -> control port -> start -> data port -> ready
     -> SIGTERM: drain (serving, responses close) -> end streams -> finish -> close
     -> exit 0

A process that is stuck is ended after its drain delay and its drain timeout.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from weir.gateway.clock import SystemClock
from weir.gateway.events import EventSink, PhaseChanged
from weir.gateway.server.asgi import ASGIApp, asgi_handler
from weir.gateway.server.https_redirect import https_redirect
from weir.gateway.server.listener import BoundSocket, new_listener
from weir.gateway.server.options import ServeOptions
from weir.gateway.server.process.descriptor_limit import raise_descriptor_limit
from weir.gateway.server.process.event_loop import run_to_end
from weir.gateway.server.process.interpreter import freeze_heap, set_switch_interval
from weir.gateway.server.process.interruption import done_unless
from weir.gateway.server.process.readiness import Phase, Readiness
from weir.gateway.server.process.service_manager import ServiceManager
from weir.gateway.server.process.signals import Signals

EXIT_OK = 0
EXIT_CUT_OFF = 1
_CONTROL_GRACE_S = 1.0
_CONTROL_CONNECTIONS = 100
_REDIRECT_CONNECTIONS = 1000


class DataPort(Protocol):
    """The port for clients: a listener of this process, or the processes that serve it.

    `cut_off` is whether requests did not end in time.
    """

    @property
    def cut_off(self) -> bool: ...

    async def open(self, bound: BoundSocket) -> object:
        """Return when requests are served; raise ListenError."""
        ...

    def drain(self) -> None:
        """Serve on, but end each connection with its next response."""
        ...

    async def close(self, grace_s: float) -> None:
        """Stop listening and finish what is in progress."""
        ...


class Service(Protocol):
    """The application. All ports have their handlers before `start`."""

    @property
    def data(self) -> DataPort: ...

    @property
    def control(self) -> ASGIApp: ...

    @property
    def probes(self) -> ASGIApp: ...

    @property
    def sink(self) -> EventSink: ...

    async def start(self) -> None:
        """Build the service; an exception leaves `run`, with the sockets closed."""
        ...

    async def started(self) -> None:
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
    """The sockets to serve, made by `bind` before anything slow begins.

    `redirect` is that of the plain port whose requests are redirected to `data`.
    """

    data: BoundSocket
    control: BoundSocket
    probes: BoundSocket | None = None
    redirect: BoundSocket | None = None


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
        self._manager = ServiceManager()
        self._data = service.data
        # Clients of the other ports must not take all descriptors of the process.
        few = replace(options.limits, connections=_CONTROL_CONNECTIONS)
        sink = service.sink
        self._control = new_listener(asgi_handler(service.control), few, sink)
        self._probes = new_listener(asgi_handler(service.probes), few, sink)
        self._redirect = new_listener(
            https_redirect(sockets.data.address.port),
            replace(options.limits, connections=_REDIRECT_CONNECTIONS),
            sink,
        )

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
                self._redirect.close(_CONTROL_GRACE_S),
            )
            self._sockets.data.socket.close()
            await self._signals.remove()

    async def _start(self) -> bool:
        """Start the service and the data port; return False if a signal stops it."""
        if not await done_unless(self._signals.stop, self._service.start()):
            return False
        opening = self._data.open(self._sockets.data)
        if not await done_unless(self._signals.stop, opening):
            return False
        if self._sockets.redirect is not None:
            await self._redirect.open(self._sockets.redirect)
        freeze_heap()
        self._readiness.phase = Phase.READY
        self._report("serving")
        await self._service.started()
        self._signals.allow_reloads()
        self._manager.ready()
        return True

    async def _stop(self) -> bool:
        """Drain and close; return False if requests were cut off."""
        self._readiness.phase = Phase.DRAINING
        self._report("draining")
        self._manager.stopping()
        self._data.drain()
        now = self._signals.now
        await done_unless(now, asyncio.sleep(self._options.drain_delay_s))
        self._report("closing")
        self._service.end_streams()
        if not await done_unless(now, self._data.close(self._options.grace_s)):
            await self._data.close(0)
        self._report("cut_off" if self._data.cut_off else "stopped")
        return not self._data.cut_off

    def _report(self, phase: str) -> None:
        receive = self._service.sink.receiver(PhaseChanged)
        if receive is not None:
            receive(PhaseChanged(phase=phase, at_s=SystemClock.monotonic_s()))
