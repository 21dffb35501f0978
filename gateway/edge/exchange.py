"""The seam between the server and the edge: one request and its response."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from weir.gateway.edge.request import RequestBody, RequestHead
from weir.gateway.edge.response import Response, Upgrade


class ClientLeft(Exception):
    """The client closed its connection before it had its response."""


class Exchange(Protocol):
    """One request of a client, and the way to respond to it once."""

    @property
    def head(self) -> RequestHead: ...

    @property
    def body(self) -> RequestBody: ...

    def on_disconnect(self, left: Callable[[], None]) -> None:
        """Have `left` called once if the client disconnects; replaces an earlier one.

        It is called from the event loop, or at once where the client has left already.
        """
        ...

    async def send(self, response: Response) -> int:
        """Send the response; return the number of its body's bytes.

        A stream is sent at the pace of the client, and closed in any case. Raises
        ClientLeft.
        """
        ...

    async def upgrade(self, upgrade: Upgrade) -> None:
        """Switch protocols; return when the connection is closed.

        Raises BadRequest where the request does not permit it, and ClientLeft.
        """
        ...


Handler: TypeAlias = Callable[[Exchange], Coroutine[Any, Any, None]]
"""What a listener serves: called once per request, in a task of its own."""
