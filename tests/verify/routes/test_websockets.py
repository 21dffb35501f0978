"""A thousand WebSocket connections through twenty reloads: none is lost."""

import asyncio
import resource

from tests.gateway.routes.endpoints.websocket.test_frames import frame
from tests.support.raw_service import RawService, raw_service
from tests.support.routed_gateway import RoutedGateway, routed_gateway
from tests.support.served_process import Connection

CONNECTIONS, RELOADS = 1000, 20
CONFIG = """
server: {{max_in_flight: 5000}}
upstreams:
  chat:
    instances: ["{url}"]
    health: {{active: false}}
    concurrency: {{max_in_flight: 5000}}
routes:
  chat: {{path: /chat, proxy: {{upstream: chat, websocket: true}}}}
  other: {{path: /other, respond: {{body: "{number}"}}}}
"""
HANDSHAKE = (
    b"GET /chat HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\n"
    b"upgrade: websocket\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
    b"upgrade: websocket\r\n\r\n"
)


async def echo(service: RawService, connection: Connection, head: bytes) -> None:
    del service, head
    await connection.send(SWITCHED)
    while data := await connection.reader.read(65536):
        await connection.send(data)
    raise ConnectionAbortedError


async def opened(gateway: RoutedGateway) -> Connection:
    client = await gateway.connect()
    await client.send(HANDSHAKE)
    assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    return client


async def test_no_connection_is_lost_by_reloads_of_other_routes() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    async with raw_service(echo) as service:

        def config(number: int) -> str:
            return CONFIG.format(url=service.url, number=number)

        async with routed_gateway(config(0)) as gateway:
            clients = [await opened(gateway) for _ in range(CONNECTIONS)]
            for number in range(1, RELOADS + 1):
                message = frame(b"%d" % number, masked=True)
                for client in clients:
                    await client.send(message)
                await gateway.reload(config(number))
                async with asyncio.timeout(60):
                    for client in clients:
                        assert await client.reader.readexactly(len(message)) == message

            assert len(gateway.sink.events) == 0
