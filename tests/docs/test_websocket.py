"""The examples of docs/guides/websocket.md do what the page says."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.support.raw_service import raw_service, responding
from tests.support.routed_gateway import routed_gateway

PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "websocket.md").read_text()
WEBSOCKET, SHELLS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
    b"upgrade: websocket\r\n\r\n"
)
DEFAULTS = "upstream_defaults: {health: {active: false}}\n"
HANDSHAKE = (
    b"GET /chat HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\n"
    b"upgrade: websocket\r\norigin: https://shop.example\r\n\r\n"
)
SHELL = (
    b"POST /shells/1 HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\n"
    b"upgrade: SPDY/3.1\r\n\r\n"
)


@pytest.mark.parametrize(
    ("text", "request_", "protocol"),
    [(WEBSOCKET, HANDSHAKE, b"websocket"), (SHELLS, SHELL, b"spdy/3.1")],
)
async def test_a_client_switches_to_a_protocol_of_the_page(
    text: str, request_: bytes, protocol: bytes
) -> None:
    switched = SWITCHED.replace(b"websocket", protocol)
    async with raw_service(responding(switched + b"hello")) as service:
        config = DEFAULTS + text.replace("http://10.0.0.7:8080", service.url)
        async with routed_gateway(config) as gateway:
            client = await gateway.connect()
            await client.send(request_)
            async with asyncio.timeout(30):
                received = await client.reader.readuntil(b"hello")

    assert received.startswith(b"HTTP/1.1 101 ")
