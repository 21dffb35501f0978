"""The clients of recent events, to distinguish one client from several."""

from math import inf
from typing import Final

RECENT_S: Final = 10.0
"""The time for which an event is evidence about a service."""


class RecentClients:
    """The last two clients that something happened to, with the times.

    Two are enough to know whether there is another one than a given client.
    """

    __slots__ = ("_before", "_before_s", "_last", "_last_s")

    def __init__(self) -> None:
        self._last = self._before = ""
        self._last_s = self._before_s = -inf

    def add(self, client: str, now_s: float) -> None:
        if client != self._last:
            self._before, self._before_s = self._last, self._last_s
            self._last = client
        self._last_s = now_s

    def has_other(self, client: str, now_s: float) -> bool:
        """Return whether there was another client in the last `RECENT_S` seconds."""
        at_s = self._before_s if client == self._last else self._last_s
        return now_s - at_s <= RECENT_S
