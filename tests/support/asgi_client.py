"""Drives an ASGI application in memory, message by message."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from weir.gateway.headers import Headers, header
from weir.gateway.server.asgi import ASGIApp, Message, Scope

HOST = (b"host", b"weir.test")


def http_scope(
    path: str = "/",
    *,
    method: str = "GET",
    headers: Iterable[tuple[bytes, bytes]] = (),
    peer: str = "192.0.2.7",
    query: bytes = b"",
) -> Scope:
    fields = list(headers)
    if all(name != b"host" for name, _ in fields):
        fields.insert(0, HOST)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": fields,
        "client": (peer, 50000),
        "scheme": "http",
    }


@dataclass
class Answer:
    """What the application sent."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status

    @property
    def headers(self) -> Headers:
        return tuple(self.messages[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.messages[1:])

    def header(self, name: bytes) -> bytes | None:
        return header(self.headers, name)


class Client:
    """One exchange; the client stays until `leave` is called."""

    def __init__(self, chunks: Iterable[bytes] = (b"",)) -> None:
        parts = list(chunks)
        self.answer = Answer()
        self.asked = 0
        self.asked_before_send: list[int] = []
        self._left = asyncio.Event()
        self._messages = [
            {"type": "http.request", "body": part, "more_body": i + 1 < len(parts)}
            for i, part in enumerate(parts)
        ]

    async def run(self, app: ASGIApp, scope: Scope) -> Answer:
        await app(scope, self.receive, self.send)
        return self.answer

    def leave(self) -> None:
        self._left.set()

    async def receive(self) -> Message:
        if self._messages:
            self.asked += 1
            return self._messages.pop(0)
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.asked_before_send.append(self.asked)
        self.answer.messages.append(message)
