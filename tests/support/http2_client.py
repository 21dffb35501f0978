"""A client of the HTTP/2 transport, and handlers of the server that it calls."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from h2.config import H2Configuration
from h2.errors import ErrorCodes
from h2.settings import SettingCodes

from tests.support.calls import upstream_request
from tests.support.http2_server import Http2Server, ServedStream, http2_server
from weir.gateway.clock import SystemClock
from weir.gateway.transport.http2.transport import Http2Transport
from weir.gateway.transport.message import UpstreamRequest, UpstreamResponse
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TransportPolicy

POLICY = TransportPolicy(
    connect_s=0.5,
    idle_s=1.0,
    max_header_bytes=4096,
    max_response_bytes=4 * 1024 * 1024,
)


async def echo(stream: ServedStream) -> None:
    """Answer as the path asks, with the request's body."""
    body = await stream.body()
    match stream.path.split("/")[1:]:
        case ["slow"]:
            await asyncio.sleep(0.3)
            await stream.answer(body)
        case ["hang"]:
            await stream.was_reset.wait()
        case ["reset", code]:
            stream.reset(ErrorCodes[code])
        case ["half", code]:
            stream.head(200)
            await stream.send(b"half")
            stream.reset(ErrorCodes[code])
        case ["lines", count]:
            lines = [(b"x-%d" % n, b"v" * 50) for n in range(int(count))]
            await stream.answer(body, 200, *lines)
        case ["bytes", size]:
            await stream.answer(bytes(int(size)))
        case ["empty", length]:
            stream.head(200, (b"content-length", length.encode()), end=True)
        case _:
            await stream.answer(body)


async def head_only(stream: ServedStream) -> None:
    """Send the status and the lengths of the path, which h2 would not send."""
    match stream.path.split("/")[1:]:
        case ["head", status, *lengths]:
            config = H2Configuration(client_side=False, validate_outbound_headers=False)
            stream.peer.h2.config = config
            lines = [(b":status", status.encode())]
            lines += [(b"content-length", each.encode()) for each in lengths]
            stream.peer.h2.send_headers(stream.id, lines, end_stream=True)
            stream.peer.flush()
        case _:
            await echo(stream)


class Client:
    def __init__(self, server: Http2Server, policy: TransportPolicy) -> None:
        self.server = server
        self.transport = Http2Transport(parse_origin(server.url), policy, SystemClock())

    async def call(self, request: UpstreamRequest) -> UpstreamResponse:
        return await self.transport.call(request, (), request.deadline_s)

    async def ask(
        self, path: str = "/", body: bytes = b"", timeout_s: float = 30.0
    ) -> UpstreamResponse:
        deadline_s = time.monotonic() + timeout_s
        method = "POST" if body else "GET"
        return await self.call(
            upstream_request(method, path, body=body, deadline_s=deadline_s)
        )


@asynccontextmanager
async def client_of(
    handler: Callable[[ServedStream], Awaitable[None]] = echo,
    policy: TransportPolicy = POLICY,
    settings: dict[SettingCodes, int] | None = None,
) -> AsyncIterator[Client]:
    async with http2_server(handler, settings=settings) as server:
        client = Client(server, policy)
        yield client
        await client.transport.close()
