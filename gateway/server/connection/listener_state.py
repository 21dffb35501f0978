"""The state that the connections of one listener share."""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from typing import Protocol

from weir.gateway.clock import Clock
from weir.gateway.edge.exchange import Exchange, Handler
from weir.gateway.server.connection.admission import Admission
from weir.gateway.server.connection.memory_budget import MemoryBudget
from weir.gateway.server.limits import ConnectionLimits


class OpenConnection(Protocol):
    """A connection, as far as its listener ends it."""

    def shut_down(self) -> None:
        """Close, unless a request is in progress."""
        ...

    def abort(self) -> None:
        """Close at once."""
        ...


class ListenerState:
    """The handler, the limits, and what is in progress.

    `refused` is called with the code of each request or connection that no handler
    gets, `counted` with each new number of connections.
    """

    __slots__ = (
        "admission",
        "clock",
        "connections",
        "date_line",
        "draining",
        "exchanges",
        "handler",
        "limits",
        "memory",
        "refused",
    )

    def __init__(
        self,
        handler: Handler,
        limits: ConnectionLimits,
        clock: Clock,
        refused: Callable[[str], None],
        counted: Callable[[int], None],
    ) -> None:
        self.handler = handler
        self.limits = limits
        self.clock = clock
        self.refused = refused
        self.draining = False
        self.admission = Admission(limits, counted)
        self.memory = MemoryBudget(limits.received_bytes)
        self.connections: set[OpenConnection] = set()
        self.exchanges: dict[Exchange, asyncio.Task[None]] = {}
        self.set_date()

    def set_date(self) -> None:
        """Renew the Date of all responses (RFC 9110 §6.6.1)."""
        date = formatdate(self.clock.epoch_s(), usegmt=True)
        self.date_line = f"date: {date}\r\n".encode()
