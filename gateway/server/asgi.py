"""An ASGI application as a handler: for FastAPI, which serves the control port.

https://asgi.readthedocs.io/en/latest/specs/www.html

A response is sent when it is complete, or, if its body comes in parts, as they come.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import unquote

from weir.gateway.edge.exchange import ClientLeft, Exchange, Handler
from weir.gateway.edge.request import RequestHead
from weir.gateway.edge.response import ByteStream, Response
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
        except Exception:
            # The application has noticed, in an error of its own.
            if not conversation.is_abandoned:
                raise
        finally:
            await conversation.end()
            conversation.verify()

    return handle


class _Parts:
    """A body of which the application sends a part when the last one is taken."""

    def __init__(self) -> None:
        self._parts = asyncio.Queue[bytes](maxsize=1)
        self._is_closed = False

    async def put(self, part: bytes) -> None:
        """Send a part, or the end, which is empty; raise ClientLeft."""
        if not self._is_closed:
            await self._parts.put(part)
        if self._is_closed:
            raise ClientLeft

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        part = await self._parts.get()
        if not part:
            raise StopAsyncIteration
        return part

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        """Accept no further part."""
        self._is_closed = True
        # The part that waits for its turn is not sent.
        while not self._parts.empty():
            self._parts.get_nowait()


@dataclass(frozen=True, slots=True)
class _Stream:
    """The parts of a response, and the task that sends them."""

    parts: _Parts
    sending: asyncio.Task[int]


class _Conversation:
    """The messages of one request and its response."""

    __slots__ = (
        "_body",
        "_error",
        "_exchange",
        "_headers",
        "_left",
        "_status",
        "_stream",
        "is_abandoned",
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
        self._stream: _Stream | None = None
        self.is_abandoned = False
        """Whether nobody reads the rest of a response in parts."""

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
        """Send the response, unless the body of the request has failed.

        Raise OSError if the client of a response in parts has left.
        """
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = tuple(
                (name.lower(), value) for name, value in message.get("headers", ())
            )
        elif message["type"] == "http.response.body":
            if self._error is None:
                more = message.get("more_body", False)
                await self._send_body(message.get("body", b""), more=more)
        else:
            raise UnsupportedMessage(message["type"])

    def verify(self) -> None:
        """Raise the error of a body that did not arrive."""
        if self._error is not None:
            raise self._error

    async def end(self) -> None:
        """End a stream of which the application has not sent the end."""
        if self._stream is not None:
            self._stream.sending.cancel()
            await asyncio.gather(self._stream.sending, return_exceptions=True)

    async def _send_body(self, part: bytes, *, more: bool) -> None:
        if self._stream is None and not more:
            # The specification has messages to a closed connection ignored.
            with suppress(ClientLeft):
                await self._exchange.send(self._response(part))
            return
        stream = self._stream = self._stream or self._new_stream()
        try:
            if part:
                await stream.parts.put(part)
            if not more:
                await stream.parts.put(b"")
            if stream.sending.done() or not more:
                await stream.sending
        except ClientLeft as error:
            self.is_abandoned = True
            raise BrokenPipeError from error

    def _new_stream(self) -> _Stream:
        parts = _Parts()
        sending = asyncio.create_task(self._exchange.send(self._response(parts)))
        sending.add_done_callback(lambda _: parts.close())
        return _Stream(parts, sending)

    def _response(self, body: bytes | ByteStream) -> Response:
        return Response(status=self._status, headers=self._headers, body=body)

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
