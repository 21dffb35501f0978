"""What a closing listener owes to clients that the kernel has connected."""

import asyncio
import socket

from tests.support.front_doubles import text
from tests.support.local_listener import local_listener
from weir.gateway.context import RequestContext
from weir.gateway.edge.request import Request
from weir.gateway.edge.response import Response
from weir.gateway.server.limits import ConnectionLimits

GET = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"


async def answer(_: Request, __: RequestContext) -> Response:
    return text(b"ok")


def asked(port: int) -> socket.socket:
    """Connect and ask without letting the event loop see it."""
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(GET)
    client.settimeout(0)
    return client


async def everything(client: socket.socket) -> bytes:
    with client:
        loop = asyncio.get_running_loop()
        received = b""
        while chunk := await loop.sock_recv(client, 65536):
            received += chunk
        return received


async def test_who_waits_to_be_accepted_is_answered_by_a_closing_listener() -> None:
    async with local_listener(answer, ConnectionLimits()) as served:
        clients = [asked(served.port) for _ in range(50)]
        closing = asyncio.create_task(served.listener.close(grace_s=60))

        async with asyncio.timeout(90):
            answers = await asyncio.gather(*map(everything, clients))

        await closing
        assert not served.listener.cut_off
    assert all(each.startswith(b"HTTP/1.1 200 ") for each in answers)
    assert all(b"connection: close" in each for each in answers)


async def test_a_closed_listener_can_be_closed_again() -> None:
    async with local_listener(answer, ConnectionLimits()) as served:
        await served.listener.close(grace_s=0)
        await served.listener.close(grace_s=0)

        assert served.listener.connections == 0
