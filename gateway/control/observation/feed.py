"""The rates as Server-Sent Events, for pages that show them as they change.

https://html.spec.whatwg.org/multipage/server-sent-events.html

Each reader waits for its own turn, and the event of a turn is made once for all of
them. So a reader that is slow misses events, and delays no other one.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from time import monotonic
from typing import Final

from weir.gateway.control.access import ControlAccess
from weir.gateway.control.errors import TooManyReaders
from weir.gateway.control.views import RatesView, WindowView
from weir.gateway.telemetry.metrics.rates import WindowRates

MAX_READERS: Final = 20
INTERVAL_S: Final = 2.0


class RateFeed:
    """The events of all readers, of which there are 20 at most.

    The feed of a reader ends with the process, and when the rules of access change. The
    reader connects again, and is admitted by the new rules.
    """

    def __init__(
        self,
        rates: Callable[[], tuple[WindowRates, ...]],
        access: Callable[[], ControlAccess],
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._rates = rates
        self._access = access
        self._interval_s = interval_s
        self._ended = asyncio.Event()
        self._event = b""
        self._made_s = float("-inf")
        self.readers = 0

    def admit(self) -> None:
        """Raise TooManyReaders if there are as many as there may be."""
        if self.readers >= MAX_READERS:
            raise TooManyReaders

    def end(self) -> None:
        """End the feeds of all readers, and of those that follow."""
        self._ended.set()

    async def events(self) -> AsyncGenerator[bytes]:
        """Yield events for one reader."""
        access = self._access()
        self.readers += 1
        try:
            while not self._ended.is_set() and self._access() == access:
                yield self._current()
                await self._pause()
        finally:
            self.readers -= 1

    def _current(self) -> bytes:
        now_s = monotonic()
        if now_s - self._made_s >= self._interval_s / 2:
            self._made_s = now_s
            windows = map(WindowView.model_validate, self._rates())
            rates = RatesView(windows=tuple(windows))
            self._event = b"data: %b\n\n" % rates.model_dump_json().encode()
        return self._event

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._interval_s):
                await self._ended.wait()
        except TimeoutError:
            return
