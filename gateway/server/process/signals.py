"""The signals of the operating system to the process."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from weir.gateway.errors import WeirError
from weir.gateway.server.process.forced_exit import AT_ONCE_S, exit_within

_LOG = logging.getLogger("weir.server")
_STOPPING = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """SIGTERM or SIGINT: stop; the second of them: at once. SIGHUP: reload.

    A process that is still there `stop_within_s` after the first signal, or a second
    after the second one, is ended. The handlers of these signals are those of the
    interpreter, not of the event loop. So they also run while a callback is stuck.
    """

    def __init__(
        self,
        reload: Callable[[], Awaitable[object]],
        stop_within_s: float,
        exit_within: Callable[[float], None] = exit_within,
    ) -> None:
        self._stop_within_s = stop_within_s
        self._exit_within = exit_within
        self._received = 0
        self.stop = asyncio.Event()
        self.now = asyncio.Event()
        self._reload = reload
        self._reload_requested = asyncio.Event()
        self._reloading: asyncio.Task[None] | None = None

    def install(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _STOPPING:
            signal.signal(number, partial(self._receive, loop))
        loop.add_signal_handler(signal.SIGHUP, self._reload_requested.set)

    def allow_reloads(self) -> None:
        """Reload on SIGHUP, and now if one came during the start."""
        loop = asyncio.get_running_loop()
        self._reloading = loop.create_task(self._reload_on_request())

    async def remove(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGHUP)
        for number in _STOPPING:
            signal.signal(number, signal.SIG_DFL)
        if self._reloading is not None:
            self._reloading.cancel()
            await asyncio.gather(self._reloading, return_exceptions=True)

    def _receive(self, loop: asyncio.AbstractEventLoop, *_: object) -> None:
        self._received += 1
        self._exit_within(self._stop_within_s if self._received == 1 else AT_ONCE_S)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self._request_stop)

    def _request_stop(self) -> None:
        if self.stop.is_set():
            self.now.set()
        self.stop.set()

    async def _reload_on_request(self) -> None:
        # One reload at a time. All signals during a reload cause one more.
        while True:
            await self._reload_requested.wait()
            self._reload_requested.clear()
            try:
                await self._reload()
            except WeirError as error:
                _LOG.error("not reloaded: %s", error.detail)
            except Exception:  # noqa: BLE001 - the edge of a background loop
                # The loop continues, so that the next SIGHUP has an effect.
                _LOG.exception("reload failed; the old configuration remains in use")
