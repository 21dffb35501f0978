"""The feed of rates: one event for all readers, bounded, and ended in time."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import httpx
import orjson
import pytest

from tests.support.calls import RecordingSink
from tests.support.conditions import until
from tests.support.one_service import OneService
from tests.support.ports import free_port
from weir.gateway.control.access import ControlAccess, ControlToken
from weir.gateway.control.app import control_app
from weir.gateway.control.errors import TooManyReaders
from weir.gateway.control.observation.feed import MAX_READERS, RateFeed
from weir.gateway.server.address import Address
from weir.gateway.server.asgi import asgi_handler
from weir.gateway.server.limits import ConnectionLimits
from weir.gateway.server.listener import bind, new_listener
from weir.gateway.server.process.readiness import Readiness
from weir.gateway.telemetry.metrics.rates import WindowRates

PATH = "/api/v1/metrics/requests/feed"


@dataclass
class Fed:
    """A control port with a feed, and how often its rates were read."""

    port: int = field(default_factory=free_port)
    target: OneService = field(default_factory=OneService)
    access: ControlAccess = field(default_factory=ControlAccess)
    interval_s: float = 0.02
    reads: int = 0

    def __post_init__(self) -> None:
        self.feed = RateFeed(self._rates, lambda: self.access, self.interval_s)

    def _rates(self) -> tuple[WindowRates, ...]:
        self.reads += 1
        return self.target.rates()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"


@asynccontextmanager
async def fed(interval_s: float = 0.02) -> AsyncIterator[Fed]:
    served = Fed(interval_s=interval_s)
    app = control_app(served.target, Readiness(), RecordingSink(), served.feed)
    listener = new_listener(asgi_handler(app), ConnectionLimits(), RecordingSink())
    bound = bind(Address("127.0.0.1", served.port))
    await listener.open(bound)
    try:
        yield served
    finally:
        await listener.close(0)
        bound.socket.close()


@asynccontextmanager
async def reader(served: Fed) -> AsyncIterator[AsyncIterator[str]]:
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", served.url) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"] == "no-store"
        yield aiter(response.aiter_lines())


async def test_a_reader_gets_the_rates_again_and_again() -> None:
    async with fed() as served, reader(served) as lines:
        received = [await anext(lines) for _ in range(6)]

    events = [each.removeprefix("data: ") for each in received[::2]]
    assert received[1::2] == [""] * 3
    windows = [orjson.loads(each)["windows"] for each in events]
    assert [[each["window_s"] for each in one] for one in windows] == [
        [60.0, 300.0, 3600.0]
    ] * 3


async def test_readers_share_the_events_and_their_number_is_bounded() -> None:
    async with fed() as served, AsyncExitStack() as stack:
        # A reader whose lines nobody holds is closed.
        readers = [
            await stack.enter_async_context(reader(served)) for _ in range(MAX_READERS)
        ]
        for lines in readers:
            await anext(lines)
        async with httpx.AsyncClient() as client:
            refused = await client.get(served.url)
            before = served.reads
            await until(lambda: served.reads >= before + 5)
            turns = served.reads - before
            head = await client.head(served.url.removesuffix("/feed"))

    assert (refused.status_code, refused.json()["code"]) == (503, "TOO_MANY_READERS")
    assert head.status_code == 200
    assert turns < MAX_READERS


def test_readers_are_counted_when_they_are_admitted() -> None:
    feed = Fed().feed
    with ExitStack() as stack:
        for _ in range(MAX_READERS):
            stack.enter_context(feed.admitted())
        with pytest.raises(TooManyReaders), feed.admitted():
            pass
        assert feed.readers == MAX_READERS

    assert feed.readers == 0


async def test_a_reader_that_leaves_makes_room_before_the_next_event() -> None:
    async with fed(interval_s=3600) as served:
        for _ in range(3):
            async with reader(served) as lines:
                await anext(lines)
                assert served.feed.readers == 1
            await until(lambda: served.feed.readers == 0)


async def test_head_has_no_body_and_does_not_stay() -> None:
    async with fed() as served, httpx.AsyncClient(timeout=30) as client:
        response = await client.head(served.url)
        await until(lambda: served.feed.readers == 0)

    assert (response.status_code, response.content) == (200, b"")


async def test_the_feed_ends_with_the_process() -> None:
    async with fed() as served, reader(served) as lines:
        await anext(lines)
        served.feed.end()
        async with asyncio.timeout(30):
            rest = [line async for line in lines]

    assert all(not line or line.startswith("data: ") for line in rest)


async def test_the_feed_ends_when_the_rules_of_access_change() -> None:
    async with fed() as served, reader(served) as lines:
        await anext(lines)
        served.access = ControlAccess()
        await anext(lines)
        token = ControlToken(name="new", digest=b"")
        served.access = ControlAccess(tokens=(token,))
        async with asyncio.timeout(30):
            async for _ in lines:
                pass

    assert served.feed.readers == 0


async def test_a_reader_that_stops_reading_delays_no_other_one() -> None:
    async with fed() as served:
        with socket.create_connection(("127.0.0.1", served.port)) as stopped:
            stopped.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stopped.sendall(f"GET {PATH} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode())
            async with reader(served) as lines:
                for _ in range(40):
                    await anext(lines)
            assert served.feed.readers >= 1
        with suppress(TimeoutError):
            await until(lambda: served.feed.readers == 0)

    assert served.feed.readers == 0
