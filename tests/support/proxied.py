"""A gateway in front of a raw service, and the requests of its clients."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.support.raw_service import (
    Behaviour,
    RawService,
    raw_service,
)
from tests.support.routed_gateway import RoutedGateway, routed_gateway

CONFIG = """
server: {{max_body: 1KiB}}
upstreams:
  service:
    instances: ["{url}"]
    health: {{active: false}}
    timeout: {{attempt: 2s, total: 3s}}
    retry: {{attempts: 1}}
routes:
  plain: {{path: /*, proxy: service}}
  moved:
    path: /api/*
    proxy: {{upstream: service, path: /*}}
    max_body: 1GiB
  tenants:
    path: "/{{tenant}}/api/*"
    proxy: {{upstream: service, path: /*}}
  named:
    path: /named/*
    proxy: {{upstream: service, host: internal.example}}
  preserved:
    path: /preserved/*
    proxy: {{upstream: service, preserve_host: true}}
"""


@dataclass
class Proxied:
    """A gateway in front of a raw service."""

    gateway: RoutedGateway
    service: RawService

    async def exchange(self, request: bytes, within_s: float = 5) -> bytes:
        """Send a request and the end of the stream; return all that comes back."""
        connection = await self.gateway.connect()
        await connection.send(request)
        async with asyncio.timeout(within_s):
            return await connection.reader.read()


@asynccontextmanager
async def proxied(behaviour: Behaviour) -> AsyncIterator[Proxied]:
    async with (
        raw_service(behaviour) as service,
        routed_gateway(CONFIG.format(url=service.url)) as gateway,
    ):
        yield Proxied(gateway, service)


def get(target: str, *fields: str, method: str = "GET") -> bytes:
    lines = (f"{method} {target} HTTP/1.1", "host: gateway.example", *fields)
    return "\r\n".join([*lines, "connection: close", "", ""]).encode()


def parts(response: bytes) -> tuple[str, list[bytes], bytes]:
    """Return the status line, the header lines and the rest of a response."""
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first.decode(), lines, body
