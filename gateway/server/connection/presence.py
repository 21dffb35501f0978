"""Whether a client that has closed its sending side is still there.

The end of its stream arrives alike from a client that only has nothing more to send and
from one that is gone. A client that is gone resets the connection when it gets bytes,
and every client of HTTP/1.1 has to accept those of an interim response (RFC 9110
§15.2). Most requests have their response before the first of them.
"""

import asyncio
from collections.abc import Callable

_FIRST_S = 0.005
_FACTOR = 4


class PresenceProbe:
    """Calls of `probe` at growing intervals: the second one meets the reset."""

    __slots__ = ("_loop", "_probe", "_timer", "_wait_s")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, probe: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._probe = probe
        self._wait_s = _FIRST_S
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._timer = self._loop.call_later(self._wait_s, self._fire)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        self._wait_s *= _FACTOR
        self.start()
        self._probe()
