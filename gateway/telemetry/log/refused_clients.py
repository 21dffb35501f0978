"""The refusals of rate limits in the audit log: one line a minute for each client.

The first refusal of a client by a limit is written at once. Further ones are counted,
and written when their minute is over and the next line comes. So a flood takes a
dictionary lookup for each request, and no more lines than `MAX_CLIENTS` a minute.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec.structs import replace

from weir.gateway.clients.network import client_network
from weir.gateway.events import RateLimitRefused

MAX_CLIENTS: Final = 1000
"""Further clients are counted together, for each limit."""
_MINUTE_S: Final = 60.0

WriteRefusals: TypeAlias = Callable[[RateLimitRefused, int], None]
"""Write a line for so many refusals."""
_Key: TypeAlias = tuple[str, str, str, str]


class RefusedClients:
    """The clients that were refused in this minute, and how often since their line."""

    __slots__ = ("_ends_s", "_unwritten", "_write")

    def __init__(self, write: WriteRefusals) -> None:
        self._write = write
        self._unwritten: dict[_Key, tuple[RateLimitRefused, int]] = {}
        self._ends_s = 0.0

    def add(self, event: RateLimitRefused, now_s: float) -> None:
        """Write the first refusal of a client, or count a further one."""
        self.end_minute(now_s)
        key = _key(event)
        if key not in self._unwritten and len(self._unwritten) >= MAX_CLIENTS:
            event = replace(
                event, client_address="", method="", subject="", issuer="", client_id=""
            )
            key = _key(event)
        found = self._unwritten.get(key)
        if found is None:
            self._write(event, 1)
            self._unwritten[key] = event, 0
        else:
            self._unwritten[key] = found[0], found[1] + 1

    def end_minute(self, now_s: float) -> None:
        """Write what was counted, if the minute is over."""
        if now_s >= self._ends_s:
            self._ends_s = now_s + _MINUTE_S
            self.flush()

    def flush(self) -> None:
        """Write what was counted; forget clients without a further refusal."""
        counted = {key: each for key, each in self._unwritten.items() if each[1]}
        for event, count in counted.values():
            self._write(event, count)
        self._unwritten = {key: (event, 0) for key, (event, _) in counted.items()}


def _key(event: RateLimitRefused) -> _Key:
    client = event.subject or event.client_id
    if not client and event.client_address:
        client = client_network(event.client_address)
    return event.scope, event.limit, event.issuer, client
