"""An OpenID provider on a free port: discovery, and keys that can be replaced."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.tokens import Key, claims, jwks, token


@dataclass
class OidcProvider:
    """Answers with its documents; `asked` has the paths of all requests."""

    issuer: str
    keys: list[Key]
    asked: list[str] = field(default_factory=list[str])
    status: int = 200
    body: bytes | None = None
    jwks_uri: str = ""
    coding: str = ""
    hangs: bool = False

    def token(self, **changes: Any) -> str:
        """A token signed by the newest key."""
        content = claims(**{"iss": self.issuer, **changes})
        return token(self.keys[-1], "RS256", content)

    @property
    def loads(self) -> int:
        """How often the keys were requested."""
        return self.asked.count("/jwks")

    def head(self, length: int) -> bytes:
        lines = [f"HTTP/1.1 {self.status} X", f"content-length: {length}"]
        coding = [f"content-encoding: {self.coding}"] if self.coding else []
        return "\r\n".join([*lines, *coding, "connection: close", "", ""]).encode()

    def document(self, path: str) -> bytes:
        if self.body is not None:
            return self.body
        if path == "/jwks":
            return json.dumps(jwks(*self.keys)).encode()
        jwks_uri = self.jwks_uri or f"{self.issuer}/jwks"
        metadata = {"issuer": self.issuer, "jwks_uri": jwks_uri}
        return json.dumps(metadata).encode()


@asynccontextmanager
async def oidc_provider(*keys: Key) -> AsyncIterator[OidcProvider]:
    provider = OidcProvider("", list(keys))
    open_now: set[asyncio.StreamWriter] = set()

    async def respond(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        open_now.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            provider.asked.append(path)
            if provider.hangs:
                await reader.read()
                return
            body = provider.document(path)
            writer.write(provider.head(len(body)) + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            open_now.discard(writer)
            writer.close()

    server = await asyncio.start_server(respond, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    provider.issuer = f"http://127.0.0.1:{port}"
    try:
        yield provider
    finally:
        server.close()
        for writer in tuple(open_now):
            writer.close()
        await server.wait_closed()
