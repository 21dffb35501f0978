"""The time for which requests wait for their client, over real sockets."""

import asyncio
from collections.abc import AsyncGenerator, Iterable

import pytest

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.front_doubles import Handler
from tests.support.local_listener import local_listener
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.events import Event, RequestFinished
from weir.gateway.server.limits import ConnectionLimits

_MIB = 1024 * 1024
_PAUSE_S = 0.1
_TICK_S = 0.002
"""The clock of the event loop counts milliseconds."""


def ended(events: Iterable[Event]) -> RequestFinished:
    (event,) = [each for each in events if isinstance(each, RequestFinished)]
    return event


async def until_ended(sink: RecordingSink) -> RequestFinished:
    await until(lambda: bool(sink.events))
    return ended(sink.events)


async def parts() -> AsyncGenerator[bytes]:
    for _ in range(32):
        yield bytes(_MIB)


async def stream(_: Request, __: RequestContext) -> Response:
    return Response(status=200, headers=(), body=parts())


async def whole(_: Request, __: RequestContext) -> Response:
    return Response(status=200, headers=(), body=bytes(32 * _MIB))


async def respond(_: Request, __: RequestContext) -> Response:
    return Response(status=200, headers=(), body=b"ok")


@pytest.mark.parametrize("handler", [stream, whole])
async def test_a_client_that_does_not_read_is_waited_for(handler: Handler) -> None:
    async with local_listener(handler, ConnectionLimits()) as served:
        client = await served.connect()
        await client.send(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        await client.reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(_PAUSE_S)
        await client.closed()
        event = await until_ended(served.sink)

    assert event.ended_s - event.started_s + _TICK_S >= event.client_s > _PAUSE_S / 2
    assert event.upload_s == 0


async def test_a_body_that_arrives_late_is_waited_for() -> None:
    async with local_listener(respond, ConnectionLimits()) as served:
        client = await served.connect()
        await client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nab")
        await asyncio.sleep(_PAUSE_S)
        await client.send(b"cd")
        await client.reply()
        event = await until_ended(served.sink)

    assert event.ended_s - event.started_s + _TICK_S >= event.client_s > _PAUSE_S / 2
    assert event.upload_s == 0


async def test_a_client_that_reads_and_sends_at_once_is_not_waited_for() -> None:
    async with local_listener(respond, ConnectionLimits()) as served:
        client = await served.connect()
        await client.ask("/", "POST", b"abcd")
        event = await until_ended(served.sink)

    assert event.client_s == event.upload_s == 0
