"""Names with several addresses: one that does not answer costs little (RFC 8305)."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import uvloop

from tests.support.calls import upstream_request
from tests.support.scripted_server import Scripted, scripted_server
from weir.gateway.clock import SystemClock
from weir.gateway.transport.errors import UpstreamConnectFailed
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.httpx.transport import HttpxTransport
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TransportPolicy
from weir.gateway.transport.transport import Transport

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CONNECT_S = 90.0
NAME = "catalog.test"


class AsyncioLoop(asyncio.SelectorEventLoop):
    """Knows where `NAME` is."""

    hosts: tuple[str, ...] = ()
    asked = 0

    async def getaddrinfo(self, host: Any, port: Any, **kind: Any) -> Any:
        self.asked += 1
        if host not in {NAME, NAME.encode()}:
            return await super().getaddrinfo(host, port, **kind)
        return found(self.hosts, port)


class UvLoop(uvloop.Loop):
    """The same, on uvloop."""

    hosts: tuple[str, ...] = ()

    async def getaddrinfo(self, host: Any, port: Any, **kind: Any) -> Any:
        if host not in {NAME, NAME.encode()}:
            return await super().getaddrinfo(host, port, **kind)
        return found(self.hosts, port)


Loop = AsyncioLoop | UvLoop


def found(hosts: tuple[str, ...], port: int) -> list[Any]:
    kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
    return [(*kind, (host, port)) for host in hosts]


@contextmanager
def black_hole(port: int) -> Iterator[str]:
    """An address that takes no connection and says nothing: its queue is full."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.4", port))
        listener.listen(0)
        for _ in range(2):
            filler = sockets.enter_context(socket.socket())
            filler.settimeout(0)
            filler.connect_ex(listener.getsockname())
        yield "127.0.0.4"


@contextmanager
def refusing(port: int) -> Iterator[str]:
    with socket.socket() as unused:
        unused.bind(("127.0.0.3", port))
        yield "127.0.0.3"


def transport(kind: str, url: str) -> Transport:
    policy = TransportPolicy(connect_s=CONNECT_S)
    origin = parse_origin(url)
    if kind == "http1":
        return Http1Transport(origin, policy, SystemClock())
    return HttpxTransport(origin, policy, SystemClock())


async def connect(kind: str, first: Any, loop: Loop) -> float:
    """Return the seconds that a call took to a name whose second address answers."""
    async with scripted_server() as server:
        port = int(server.url.rpartition(":")[2])
        server.play(Scripted(OK))
        client = transport(kind, f"http://{NAME}:{port}")
        request = upstream_request()
        with first(port) as host:
            loop.hosts = (host, "127.0.0.1")
            started_s = time.monotonic()
            answer = await client.call(request, (), request.deadline_s)
            took_s = time.monotonic() - started_s
        await client.close()
    assert answer.body == b"ok"
    return took_s


@pytest.mark.parametrize("new_loop", [AsyncioLoop, UvLoop])
@pytest.mark.parametrize("kind", ["http1", "httpx"])
@pytest.mark.parametrize("first", [black_hole, refusing])
def test_an_address_that_does_not_answer_costs_a_moment(
    new_loop: type[Loop], kind: str, first: Any
) -> None:
    loop = new_loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(connect(kind, first, loop)) < CONNECT_S / 2


@pytest.mark.parametrize("new_loop", [AsyncioLoop, UvLoop])
def test_a_name_of_which_no_address_answers_says_why(new_loop: type[Loop]) -> None:
    loop = new_loop()

    async def ask() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            loop.hosts = ("127.0.0.1", "127.0.0.3")
            client = transport("http1", f"http://{NAME}:{unused.getsockname()[1]}")
            request = upstream_request()
            await client.call(request, (), request.deadline_s)

    with (
        asyncio.Runner(loop_factory=lambda: loop) as runner,
        pytest.raises(UpstreamConnectFailed, match="refused"),
    ):
        runner.run(ask())


@pytest.mark.parametrize("kind", ["http1", "httpx"])
@pytest.mark.parametrize("name", ["a..b", "x" * 64, "."])
async def test_a_name_that_no_host_can_have_is_a_failed_connection(
    kind: str, name: str
) -> None:
    client = transport(kind, f"http://{name}:80")
    request = upstream_request()

    # A resolver asks for some of the names, and may have no server to ask.
    refusals = r"not the name|not known|name resolution"
    with pytest.raises(UpstreamConnectFailed, match=refusals):
        await client.call(request, (), request.deadline_s)

    await client.close()


def test_an_address_is_not_looked_up() -> None:
    loop = AsyncioLoop()

    async def ask() -> None:
        async with scripted_server() as server:
            server.play(Scripted(OK))
            client = transport("http1", server.url)
            request = upstream_request()
            await client.call(request, (), request.deadline_s)
            await client.close()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(ask())

    assert loop.asked == 0
