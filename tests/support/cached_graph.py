"""Gateways over one cached service that counts; each answer says its number."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.support.gateway import Gateway, running_gateway

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
type Query { number: Int! }
type Mutation { renew: Int! }
"""
FACADES = """\
facades:
  web: {path: ""}
"""
CONFIG = (
    """
server:
  port: ${WEIR_PORT}
  control: ${WEIR_CONTROL}
  drain_delay: 0s
upstreams:
  numbers:
    instances: ["http://127.0.0.1:${NUMBERS_PORT}"]
    cache: {}
subgraphs:
  numbers: {upstream: numbers, sdl: numbers.graphql}
"""
    + FACADES
)
REDIS = """
redis:
  url: ${REDIS_URL}
  timeout: 30s
"""
_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
    b"cache-control: max-age=600\r\nsurrogate-key: numbers\r\n"
    b"content-length: %d\r\n\r\n"
)


@dataclass
class Numbers:
    """A subgraph whose every answer is a number higher."""

    port: int = 0
    number: int = 0

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                if head.startswith(b"post"):
                    length = head.partition(b"content-length:")[2].split()[0]
                    sent = await reader.readexactly(int(length))
                    # Health checks send a query too.
                    self.number += b"__typename}" not in sent
                body = b'{"data":{"number":%d}}' % self.number
                writer.write(_HEAD % len(body) + body)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def counted_numbers() -> AsyncIterator[Numbers]:
    numbers = Numbers()
    server = await asyncio.start_server(numbers.serve, "127.0.0.1", 0)
    numbers.port = server.sockets[0].getsockname()[1]
    try:
        yield numbers
    finally:
        server.close()


@asynccontextmanager
async def gateways_over(
    numbers: Numbers,
    folder: Path,
    redis_url: str = "",
    count: int = 2,
    facades: str | None = None,
) -> AsyncIterator[tuple[Gateway, ...]]:
    """Run gateways over the numbers, with the façades and Redis of a page, if any."""
    (folder / "numbers.graphql").write_text(SDL)
    usual = FACADES + (REDIS if redis_url else "")
    (folder / "weir.yaml").write_text(CONFIG.replace(FACADES, facades or usual))
    variables = {"NUMBERS_PORT": str(numbers.port), "REDIS_URL": redis_url}
    async with AsyncExitStack() as stack:
        running = [
            stack.enter_async_context(running_gateway(folder / "weir.yaml", variables))
            for _ in range(count)
        ]
        yield tuple([await each for each in running])


async def number(http: httpx.AsyncClient, gateway: Gateway) -> int:
    """Return the number; clients know all gateways by one host name."""
    answer = await http.post(
        f"{gateway.url}/graphql",
        json={"query": "{ number }"},
        headers={"host": "numbers.example"},
    )
    answer.raise_for_status()
    body: dict[str, dict[str, int]] = answer.json()
    return body["data"]["number"]


@asynccontextmanager
async def gateway_with(facades: str, port: int, folder: Path) -> AsyncIterator[Gateway]:
    """Run a gateway over the numbers at `port`, with the façades of a page."""
    (folder / "numbers.graphql").write_text(SDL)
    (folder / "weir.yaml").write_text(CONFIG.replace(FACADES, facades))
    variables = {"NUMBERS_PORT": str(port)}
    async with running_gateway(folder / "weir.yaml", variables) as gateway:
        yield gateway
