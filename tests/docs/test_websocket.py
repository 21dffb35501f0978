"""The examples of docs/guides/websocket.md do what the page says."""

import asyncio
import re
from pathlib import Path

from tests.support.raw_service import raw_service, responding
from tests.support.routed_gateway import routed_gateway

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "websocket.md").read_text()
WEBSOCKET, SHELLS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
    b"upgrade: websocket\r\n\r\n"
)
DEFAULTS = "upstream_defaults: {health: {active: false}}\n"


async def test_a_page_of_an_origin_of_the_page_opens_a_websocket() -> None:
    async with raw_service(responding(SWITCHED + b"hello")) as service:
        text = WEBSOCKET.replace("http://10.0.0.7:8080", service.url)
        async with routed_gateway(DEFAULTS + text) as gateway:
            client = await gateway.connect()
            await client.send(
                b"GET /chat HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\n"
                b"upgrade: websocket\r\norigin: https://shop.example\r\n\r\n"
            )
            async with asyncio.timeout(30):
                received = await client.reader.readuntil(b"hello")

    assert received.startswith(b"HTTP/1.1 101 ")


async def test_a_client_switches_to_another_protocol_of_the_page() -> None:
    switched = SWITCHED.replace(b"websocket", b"spdy/3.1")
    async with raw_service(responding(switched + b"hello")) as service:
        text = SHELLS.replace("http://10.0.0.7:8080", service.url)
        async with routed_gateway(DEFAULTS + text) as gateway:
            client = await gateway.connect()
            await client.send(
                b"POST /shells/1 HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\n"
                b"upgrade: SPDY/3.1\r\n\r\n"
            )
            async with asyncio.timeout(30):
                received = await client.reader.readuntil(b"hello")

    assert received.startswith(b"HTTP/1.1 101 ")
