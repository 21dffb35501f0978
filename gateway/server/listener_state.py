"""What the connections of one listener share."""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from typing import TYPE_CHECKING

from weir.gateway.clock import Clock
from weir.gateway.edge.exchange import Handler
from weir.gateway.server.admission import Admission
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.memory_budget import MemoryBudget

if TYPE_CHECKING:
    from weir.gateway.server.client_exchange import ClientExchange
    from weir.gateway.server.protocol import ClientProtocol


class ListenerState:
    """The handler, the limits, and what is in progress.

    `refused` is called with the code of each request or connection that no handler
    gets.
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
    ) -> None:
        self.handler = handler
        self.limits = limits
        self.clock = clock
        self.refused = refused
        self.draining = False
        self.admission = Admission(limits)
        self.memory = MemoryBudget(limits.received_bytes)
        self.connections: set[ClientProtocol] = set()
        self.exchanges: dict[ClientExchange, asyncio.Task[None]] = {}
        self.set_date()

    def set_date(self) -> None:
        """Renew the Date of all responses (RFC 9110 §6.6.1)."""
        date = formatdate(self.clock.epoch_s(), usegmt=True)
        self.date_line = f"date: {date}\r\n".encode()
