"""The share of each client in what an upstream can do at once.

A client with many slow calls would take all connections of a service. So the calls of
one client take three quarters of the capacity at most, while there are others. Those
above wait until one of its own calls ends. A client that is alone may take everything.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

from weir.gateway.clock import Clock
from weir.gateway.upstreams.blame.recent_clients import RecentClients

Capacity: TypeAlias = Callable[[float], int]
"""A function of the time that returns how many calls can be in flight at once."""

_ALWAYS: Final = 8
"""Calls in flight that each client may have, however small the capacity is."""


class ClientShares:
    """The calls in flight of each client, and those that wait for its share."""

    __slots__ = ("_capacity", "_clock", "_in_flight", "_recent", "_waiting")

    def __init__(self, capacity: Capacity, clock: Clock) -> None:
        self._capacity = capacity
        self._clock = clock
        self._in_flight: dict[str, int] = {}
        self._recent = RecentClients()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def take(self, client: str) -> bool:
        """Count a call of a client, if its share has room for one more."""
        now_s = self._clock.monotonic_s()
        self._recent.add(client, now_s)
        in_flight = self._in_flight.get(client, 0)
        if in_flight >= _ALWAYS and self._exceeds(in_flight + 1, client, now_s):
            return False
        self._in_flight[client] = in_flight + 1
        return True

    def in_flight(self, client: str) -> int:
        """Return the number of calls in flight of a client."""
        return self._in_flight.get(client, 0)

    def waiting(self, client: str) -> int:
        """Return the number of calls that wait for the share of a client."""
        return len(self._waiting.get(client, ()))

    async def wait(self, client: str, longest_s: float) -> None:
        """Wait until another call of the client ends; raise TimeoutError."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            async with asyncio.timeout(longest_s):
                await turn
        except BaseException:
            self._give_up(client, turn)
            raise

    def end(self, client: str) -> None:
        """Count the end of a call, and let a waiting call of the client take over."""
        turn = self._next(client) if client in self._waiting else None
        if turn is not None:
            turn.set_result(None)
        elif (in_flight := self._in_flight[client]) > 1:
            self._in_flight[client] = in_flight - 1
        else:
            del self._in_flight[client]

    def _exceeds(self, calls: int, client: str, now_s: float) -> bool:
        most = max(_ALWAYS, self._capacity(now_s) * 3 // 4)
        return calls > most and self._recent.has_other(client, now_s)

    def _next(self, client: str) -> asyncio.Future[None] | None:
        """Return the turn of the next waiting call, unless the share has shrunk."""
        now_s, waiting = self._clock.monotonic_s(), self._waiting[client]
        if self._exceeds(self._in_flight[client], client, now_s):
            return None
        turn = None
        while waiting and turn is None:
            first = waiting.popleft()
            turn = None if first.done() else first
        if not waiting:
            del self._waiting[client]
        return turn

    def _give_up(self, client: str, turn: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(client, deque())
        if turn in waiting:
            waiting.remove(turn)
            if not waiting:
                del self._waiting[client]
        elif not turn.cancelled():  # it has taken over at the same time
            self.end(client)
