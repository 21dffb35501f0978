"""The rates as Server-Sent Events, for pages that show them as they change.

https://html.spec.whatwg.org/multipage/server-sent-events.html

Each reader waits for its own turn, and the event of a turn is made once for all of
them. So a reader that is slow misses events, and delays no other one.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from itertools import count
from time import monotonic
from typing import Final

from weir.gateway.control.access import ControlAccess
from weir.gateway.control.errors import TooManyReaders
from weir.gateway.control.views import RatesView, WindowView
from weir.gateway.telemetry.metrics.rates import WindowRates

MAX_READERS: Final = 20
INTERVAL_S: Final = 2.0
_BEAT_S: Final = 0.2
"""The time between bytes: a client that has left is noticed when they are sent."""
_COMMENT: Final = b":\n\n"


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
        self._beats = max(1, round(interval_s / _BEAT_S))
        self._ended = asyncio.Event()
        self._event = b""
        self._made_s = float("-inf")
        self.readers = 0

    @contextmanager
    def admitted(self) -> Generator[None]:
        """Count one reader more; raise TooManyReaders if there may be no more."""
        if self.readers >= MAX_READERS:
            raise TooManyReaders
        self.readers += 1
        try:
            yield
        finally:
            self.readers -= 1

    def end(self) -> None:
        """End the feeds of all readers, and of those that follow."""
        self._ended.set()

    async def events(self) -> AsyncGenerator[bytes]:
        """Yield events for one reader, with comments between them."""
        access = self._access()
        for beat in count():
            if self._ended.is_set() or self._access() != access:
                return
            yield _COMMENT if beat % self._beats else self._current()
            await self._pause()

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
            async with asyncio.timeout(self._interval_s / self._beats):
                await self._ended.wait()
        except TimeoutError:
            return
