"""ASGI applications as handlers of exchanges."""

import asyncio
from itertools import count

import pytest

from tests.support.memory_exchange import MemoryBody, MemoryExchange, request_head
from weir.gateway.edge.exchange import ClientLeft
from weir.gateway.edge.response import Response
from weir.gateway.errors import RequestTimeout
from weir.gateway.server.asgi import (
    ASGIApp,
    Message,
    Receive,
    Scope,
    Send,
    UnsupportedMessage,
    asgi_handler,
)


async def respond(send: Send, body: bytes, status: int = 200) -> None:
    headers = [(b"Content-Type", b"text/plain")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body[:1], "more_body": True})
    await send({"type": "http.response.body", "body": body[1:]})


async def sent_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message["body"]
        more = message["more_body"]
    return body


async def echo(_: Scope, receive: Receive, send: Send) -> None:
    await respond(send, await sent_body(receive))


async def test_a_body_goes_in_and_a_response_comes_out() -> None:
    exchange = MemoryExchange(body=MemoryBody([b"hel", b"lo"]))

    await exchange.run(asgi_handler(echo))

    assert (exchange.status, exchange.content) == (200, b"hello")
    assert exchange.header(b"content-type") == b"text/plain"


async def test_the_scope_is_that_of_the_specification() -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        scopes.append(scope)
        await respond(send, b"ok")

    head = request_head("/a%20b", method="PUT", query="c=%20", headers=[(b"x", b"y")])
    await MemoryExchange(head=head).run(asgi_handler(app))

    assert scopes == [
        {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "PUT",
            "scheme": "http",
            "path": "/a b",
            "raw_path": b"/a%20b",
            "query_string": b"c=%20",
            "root_path": "",
            "headers": [(b"host", b"weir.test"), (b"x", b"y")],
            "client": ("192.0.2.7", 0),
        }
    ]


async def test_behind_the_body_an_application_waits_for_the_client_to_leave() -> None:
    messages: list[Message] = []

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await sent_body(receive)
        messages.extend([await receive(), await receive()])
        await respond(send, b"nobody reads it")

    exchange = MemoryExchange()
    running = asyncio.create_task(exchange.run(asgi_handler(app)))
    await asyncio.sleep(0)
    exchange.leave()
    await asyncio.wait_for(running, 30)

    assert [message["type"] for message in messages] == ["http.disconnect"] * 2
    assert exchange.response is None


async def careless(_: Scope, receive: Receive, send: Send) -> None:
    try:
        await sent_body(receive)
    except ConnectionError:
        await respond(send, b"not for the client", 400)


@pytest.mark.parametrize("app", [echo, careless])
async def test_the_error_of_a_body_passes_through(app: ASGIApp) -> None:
    exchange = MemoryExchange(body=MemoryBody([b"x"], RequestTimeout()))

    with pytest.raises(RequestTimeout):
        await exchange.run(asgi_handler(app))

    assert exchange.response is None


async def test_a_client_that_leaves_during_its_body_has_disconnected() -> None:
    exchange = MemoryExchange(body=MemoryBody([b"x"], ClientLeft()))

    with pytest.raises(ConnectionError):
        await exchange.run(asgi_handler(echo))


async def test_other_messages_are_an_error() -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    with pytest.raises(UnsupportedMessage):
        await MemoryExchange().run(asgi_handler(app))


async def test_a_body_in_parts_is_sent_as_it_comes_until_the_client_leaves() -> None:
    has_sent = asyncio.Event()

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in count():
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            if number == 3:
                has_sent.set()

    exchange = MemoryExchange()
    running = asyncio.create_task(exchange.run(asgi_handler(app)))
    async with asyncio.timeout(30):
        await has_sent.wait()
        exchange.leave()
        await running

    assert set(exchange.sent) == {b"x"}


async def test_an_application_that_fails_within_its_body_does_not_end_it() -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        raise ZeroDivisionError

    exchange = EndedExchange()
    with pytest.raises(ZeroDivisionError):
        await exchange.run(asgi_handler(app))

    assert not exchange.ended


class EndedExchange(MemoryExchange):
    """An exchange that notes whether a response has come to its end."""

    ended = False

    async def send(self, response: Response) -> int:
        sent = await super().send(response)
        self.ended = True
        return sent
