"""Clients that request large responses and do not read them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.support.attacked_gateway import Target
from tests.support.bystander import bystander
from tests.support.gateway import running_gateway
from tests.support.ports import free_port

CLIENTS = 60
WARMING = 8
BYSTANDER_S = 5
SETTLES_S = 2
LARGE = b'"' + b"x" * (7 * 2**20) + b'"'
MEMORY_BYTES = 64 * 2**20
"""The default of `server.replies`."""
MAX_GROWTH_BYTES = MEMORY_BYTES + 50 * 2**20
"""Of all clients together; they request 420 MiB."""
REQUESTS = {
    "operations": b"POST /graphql HTTP/1.1\r\nhost: a\r\ncontent-length: 17\r\n"
    b'content-type: application/json\r\n\r\n{"query":"{ t }"}',
    "aggregates": b"GET /aggregate HTTP/1.1\r\nhost: a\r\n\r\n",
    "streams": b"GET /stream HTTP/1.1\r\nhost: a\r\n\r\n",
}
CONFIG = """
server: {port: "${WEIR_PORT}", control: "${WEIR_CONTROL}", compression: false}
upstreams:
  things:
    instances: ["http://127.0.0.1:${THINGS_PORT}"]
    health: {active: false}
    coalesce: false
    max_response: 8MiB
subgraphs: {things: {upstream: things, sdl: things.graphql}}
facades: {web: {path: ""}}
routes:
  stream: {path: /stream, proxy: things}
  aggregate:
    path: /aggregate
    aggregate: {parts: {a: {upstream: things, path: /large}}}
"""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one value, which is large but for the bystander's operations."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while head := await reader.readuntil(b"\r\n\r\n"):
            body = LARGE
            if head.startswith(b"POST"):
                length = head.lower().partition(b"content-length: ")[2]
                query = await reader.readexactly(int(length.partition(b"\r")[0]))
                value = LARGE if b"{t}" in query.replace(b" ", b"") else b"1"
                name = b"t" if value is LARGE else b"a"
                body = b'{"data":{"%b":%b}}' % (name, value)
            fields = b"content-type: application/json\r\ncontent-length: %d" % len(body)
            writer.write(b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n\r\n" + body)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def gateway_of_large_responses(folder: Path) -> AsyncIterator[Target]:
    (folder / "things.graphql").write_text("type Query { t: String a: Int }")
    (folder / "weir.yaml").write_text(CONFIG)
    port = free_port()
    async with (
        await asyncio.start_server(serve, "127.0.0.1", port),
        running_gateway(folder / "weir.yaml", {"THINGS_PORT": str(port)}) as gateway,
    ):
        yield Target(gateway, 0)


async def request(port: int, request: bytes, address: str) -> socket.socket:
    """Send a request from an address, and read nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.bind((address, 0))
    client.setblocking(False)  # noqa: FBT003 - its signature
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, request)
    return client


def is_refused(client: socket.socket) -> bool:
    return b"OVERLOADED" in client.recv(4096)


async def read_one(port: int, sent: bytes) -> None:
    """Take the memory that one response takes once."""
    closing = sent.replace(b"host: a", b"host: a\r\nconnection: close")
    client = await request(port, closing, "127.0.0.3")
    while await asyncio.get_running_loop().sock_recv(client, 2**20):
        pass
    client.close()


@pytest.mark.parametrize("kind", REQUESTS)
@pytest.mark.parametrize("addresses", [1, CLIENTS])
async def test_responses_that_are_not_read_have_a_memory(
    kind: str, addresses: int, tmp_path: Path
) -> None:
    async with gateway_of_large_responses(tmp_path) as target:
        for _ in range(WARMING):
            await read_one(target.port, REQUESTS[kind])
        before = target.used().resident_bytes
        clients: list[socket.socket] = []
        async with bystander(target.gateway.url) as seen:
            for number in range(CLIENTS):
                address = f"127.0.{number % addresses + 1}.1"
                clients.append(await request(target.port, REQUESTS[kind], address))
                await asyncio.sleep(0.05)
            await asyncio.sleep(BYSTANDER_S)
        grown = target.used().resident_bytes - before
        refused = sum(is_refused(each) for each in clients)
        for each in clients:
            each.close()
        await asyncio.sleep(SETTLES_S)
        left = target.used().resident_bytes - before
    print(
        f"{kind:11} of {addresses:2} addresses: {CLIENTS - refused:2} begun,"
        f" {refused:2} refused; {grown / 2**20:4.0f} MiB more, {left / 2**20:4.0f} MiB"
        f" after their end; p99 of the other client {seen.p99_s * 1000:.0f} ms"
    )
    assert seen.failures == []
    assert grown <= MAX_GROWTH_BYTES
    assert left <= 50 * 2**20
