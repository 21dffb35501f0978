"""The seam between the server and the edge: one request and its response."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from weir.gateway.edge.request import RequestBody, RequestHead
from weir.gateway.edge.response import Response, Upgrade


class ClientLeft(Exception):
    """The disconnect of a client before the end of its response."""


class Exchange(Protocol):
    """One request of a client, and the means to respond to it once."""

    @property
    def head(self) -> RequestHead: ...

    @property
    def body(self) -> RequestBody: ...

    @property
    def client_s(self) -> float:
        """The seconds spent waiting for the client, to send the body or to read."""
        ...

    @property
    def upload_s(self) -> float:
        """The part of `client_s` in which a streamed body was waited for."""
        ...

    def on_disconnect(self, left: Callable[[], None]) -> None:
        """Register `left`, to call once if the client disconnects.

        It replaces an earlier function. It is called from the event loop, or at once if
        the client has left already.
        """
        ...

    async def send(self, response: Response) -> int:
        """Send the response; return the length of its body in bytes.

        A stream is sent at the pace of the client, and always closed. Raise ClientLeft
        if the client disconnects.
        """
        ...

    async def upgrade(self, upgrade: Upgrade) -> None:
        """Switch protocols; return when the connection is closed.

        Raise BadRequest if the request does not permit it, and ClientLeft if the client
        has disconnected.
        """
        ...


class WithHead:
    """An exchange with another head than the one that was received."""

    __slots__ = ("_exchange", "head")

    def __init__(self, exchange: Exchange, head: RequestHead) -> None:
        self._exchange = exchange
        self.head = head

    @property
    def body(self) -> RequestBody:
        return self._exchange.body

    @property
    def client_s(self) -> float:
        return self._exchange.client_s

    @property
    def upload_s(self) -> float:
        return self._exchange.upload_s

    def on_disconnect(self, left: Callable[[], None]) -> None:
        self._exchange.on_disconnect(left)

    async def send(self, response: Response) -> int:
        return await self._exchange.send(response)

    async def upgrade(self, upgrade: Upgrade) -> None:
        await self._exchange.upgrade(upgrade)


Handler: TypeAlias = Callable[[Exchange], Coroutine[Any, Any, None]]
"""The function that a listener calls once per request, each time in a new task."""
