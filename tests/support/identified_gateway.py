"""A gateway in this process whose façades identify callers, without a port."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import structs

from tests.support.controlled_app import ControlledApp, controlled_app
from tests.support.memory_exchange import MemoryBody, MemoryExchange, request_head
from tests.support.tokens import jwks, rsa_key
from weir.gateway.clock import SystemClock

CONFIG = """\
identity:
  jwt:
    own: {issuer: "https://issuer.test", audiences: weir, keys: keys.json}
upstreams:
  books: {instances: [http://127.0.0.1:1], health: {active: false}}
subgraphs:
  books: {upstream: books, sdl: books.graphql}
facades:
  open: {path: /open}
  known: {path: /known, access: authenticated}
  readers: {path: /readers, access: {scopes: [[read, books], [admin]]}}
  editors: {path: /editors, access: {roles: editor}}
"""
QUERY = b'{"query": "{ __typename }"}'


@dataclass(frozen=True)
class Reply:
    status: int
    code: str
    challenge: str


@dataclass(frozen=True)
class IdentifiedGateway:
    served: ControlledApp

    async def send(
        self,
        facade: str,
        headers: Mapping[bytes, bytes] | None = None,
        *,
        query: str = "",
        method: str = "POST",
        path: str = "/graphql",
        body: bytes = QUERY,
    ) -> Reply:
        lines = {b"content-type": b"application/json", **(headers or {})}
        head = request_head(
            f"/{facade}{path}", method=method, headers=lines.items(), query=query
        )
        head = structs.replace(head, arrived_s=SystemClock.monotonic_s())
        exchange = MemoryExchange(head, MemoryBody([body] if method == "POST" else []))
        await exchange.run(self.served.app.handler)
        return Reply(
            exchange.status,
            _code(json.loads(exchange.content)),
            (exchange.header(b"www-authenticate") or b"").decode(),
        )


def bearer(token: str) -> dict[bytes, bytes]:
    return {b"authorization": f"Bearer {token}".encode()}


@asynccontextmanager
async def identified_gateway(
    folder: Path, config: str = CONFIG
) -> AsyncIterator[IdentifiedGateway]:
    (folder / "keys.json").write_text(json.dumps(jwks(rsa_key())))
    async with controlled_app(folder, config) as served:
        yield IdentifiedGateway(served)


def _code(body: dict[str, Any]) -> str:
    if "errors" in body:
        return str(body["errors"][0]["extensions"]["code"])
    return str(body.get("code", ""))
