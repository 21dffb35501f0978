"""The suspect: the client that most of the recent failures are of.

A service that fails does so for any client. If the failures are those of one client
alone, the likely cause are its requests: they are too large or too expensive.

The suspect is found by a majority vote (Boyer and Moore) with few votes, so that the
failures of another client soon outweigh those of a client that failed by chance.
"""

from math import inf
from typing import Final

from weir.gateway.upstreams.blame.recent_clients import RECENT_S

_MOST_VOTES: Final = 2


class Suspect:
    """The client of most recent failures, if there are any."""

    __slots__ = ("_failed_s", "_votes", "client")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.client: str | None = None
        self._votes = 0
        self._failed_s = -inf

    def failed(self, client: str, now_s: float) -> bool:
        """Record a failure; return whether it is the suspect's, and no other's.

        The first client that fails is the suspect.
        """
        is_first = now_s - self._failed_s > RECENT_S
        self._failed_s = now_s
        if client == self.client:
            self._votes = min(_MOST_VOTES, self._votes + 1)
            return True
        if self._votes and not is_first:
            self._votes -= 1
            return False
        self.client, self._votes = client, 1
        return is_first
