"""An ASGI application as a handler: for FastAPI, which serves the control port.

https://asgi.readthedocs.io/en/latest/specs/www.html

A response is sent when it is complete. The responses of this port are small, and a
stream would need a task beside that of the application.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import unquote

from weir.gateway.edge.exchange import ClientLeft, Exchange, Handler
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import Response
from weir.gateway.errors import WeirError
from weir.gateway.headers import Headers

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_DISCONNECT: Message = {"type": "http.disconnect"}


class UnsupportedMessage(Exception):
    """The application has sent a message that this server does not know."""


def asgi_handler(app: ASGIApp) -> Handler:
    """Return the handler that responds by `app`.

    Exceptions of the application pass through, and so does the error of a body that
    does not arrive.
    """

    async def handle(exchange: Exchange) -> None:
        conversation = _Conversation(exchange)
        try:
            await app(conversation.scope, conversation.receive, conversation.send)
        finally:
            conversation.verify()

    return handle


class _Conversation:
    """The messages of one request and its response."""

    __slots__ = (
        "_body",
        "_error",
        "_exchange",
        "_headers",
        "_left",
        "_parts",
        "_status",
        "scope",
    )

    def __init__(self, exchange: Exchange) -> None:
        self.scope = _scope(exchange.head)
        self._exchange = exchange
        self._body = aiter(exchange.body)
        self._left: asyncio.Future[None] | None = None
        self._error: WeirError | None = None
        self._status = 0
        self._headers: Headers = ()
        self._parts: list[bytes] = []

    async def receive(self) -> Message:
        """Return the next part of the body; behind its end, wait for a disconnect."""
        if self._left is not None:
            await self._left
            return _DISCONNECT
        try:
            data = await anext(self._body)
        except StopAsyncIteration:
            self._left = asyncio.get_running_loop().create_future()
            self._exchange.on_disconnect(self._client_left)
            return {"type": "http.request", "body": b"", "more_body": False}
        except ClientLeft:
            return _DISCONNECT
        except WeirError as error:
            self._error = error
            return _DISCONNECT
        return {"type": "http.request", "body": data, "more_body": True}

    async def send(self, message: Message) -> None:
        """Collect the response and send it, unless the body has failed."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = tuple(
                (name.lower(), value) for name, value in message.get("headers", ())
            )
        elif message["type"] == "http.response.body":
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False) and self._error is None:
                await self._send_response()
        else:
            raise UnsupportedMessage(message["type"])

    def verify(self) -> None:
        """Raise the error of a body that did not arrive."""
        if self._error is not None:
            raise self._error

    async def _send_response(self) -> None:
        response = Response(
            status=self._status, headers=self._headers, body=b"".join(self._parts)
        )
        try:
            await self._exchange.send(response)
        except ClientLeft:
            # The specification has messages to a closed connection ignored.
            return

    def _client_left(self) -> None:
        if self._left is not None and not self._left.done():
            self._left.set_result(None)


def _scope(head: RequestHead) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": head.http_version,
        "method": head.method,
        "scheme": head.scheme,
        "path": unquote(head.path),
        "raw_path": head.path.encode("ascii"),
        "query_string": head.query.encode("ascii"),
        "root_path": "",
        "headers": list(head.lines),
        "client": (head.peer, 0) if head.peer else None,
    }
