"""A real etcd, and its JSON gateway in parts that fail as a test says."""

import asyncio
import ssl
import subprocess
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.support.debian_packages import program
from tests.support.discovery_sources.replies import (
    begin_lines,
    end_lines,
    reply,
    send_line,
)
from tests.support.ports import free_port
from tests.support.raw_service import RawService, raw_service, read_body
from tests.support.served_process import Connection


def text(value: str) -> str:
    return b64encode(value.encode()).decode()


@dataclass
class FakeEtcd:
    """The keys of an etcd, of which each watch gets the lines of a script."""

    keys: dict[str, str] = field(default_factory=dict)
    lines: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    answer: bytes | None = None
    """A response in place of the right one."""
    user: tuple[str, str] | None = None
    token: str = "t1"  # noqa: S105
    url: str = ""
    requests: list[tuple[str, Any]] = field(default_factory=list)

    def put(self, key: str, value: str) -> None:
        self.keys[key] = value
        pair = {"key": text(key), "value": text(value)}
        self.lines.put_nowait({"result": {"events": [{"kv": pair}]}})

    def delete(self, key: str) -> None:
        del self.keys[key]
        event = {"type": "DELETE", "kv": {"key": text(key)}}
        self.lines.put_nowait({"result": {"events": [event]}})

    async def serve(
        self, service: RawService, connection: Connection, head: bytes
    ) -> None:
        path = head.split(b" ")[1].decode()
        content = orjson.loads(await read_body(connection, head))
        self.requests.append((path, content))
        if path == "/v3/auth/authenticate":
            is_user = (content["name"], content["password"]) == self.user
            refused = {"message": "authentication failed", "code": 3}
            status = 200 if is_user else 400
            await reply(
                connection, {"token": self.token} if is_user else refused, status=status
            )
        elif self.user and service.fields().get("authorization") != self.token:
            await reply(connection, {"message": "invalid auth token"}, status=401)
        elif self.answer is not None:
            await reply(connection, self.answer)
        elif path == "/v3/kv/range":
            prefix = b64decode(content["key"]).decode()
            pairs = [
                {"key": text(key), "value": text(value), "version": "1"}
                for key, value in self.keys.items()
                if key.startswith(prefix)
            ]
            await reply(connection, {"header": {"revision": "7"}, "kvs": pairs})
        else:
            await self._watch(connection)

    async def _watch(self, connection: Connection) -> None:
        await begin_lines(connection)
        await send_line(connection, {"result": {"created": True}})
        while (line := await self.lines.get()) is not None:
            await send_line(connection, line)
        await end_lines(connection)


@asynccontextmanager
async def fake_etcd(
    tls: ssl.SSLContext | None = None, **keys: str
) -> AsyncIterator[FakeEtcd]:
    etcd = FakeEtcd({f"/services/users/{key}": value for key, value in keys.items()})
    async with raw_service(etcd.serve, tls) as service:
        etcd.url = service.url
        yield etcd


class EtcdServer:
    """A real etcd, to be killed and started again with its data."""

    def __init__(self, folder: Path) -> None:
        self._binary = program("etcd-server", "usr/bin/etcd", folder)
        self._data = folder / "data"
        self._log = folder / "etcd.log"
        self._port = free_port()
        self._peers = f"http://127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        command = (
            *(self._binary, "--data-dir", str(self._data), "--name", "test"),
            *("--listen-client-urls", self.url, "--advertise-client-urls", self.url),
            *("--listen-peer-urls", self._peers),
            *("--initial-advertise-peer-urls", self._peers),
            *("--initial-cluster", f"test={self._peers}"),
        )
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: ASYNC220 - outlives a test's loop
        async with asyncio.timeout(60):
            while not await self._is_ready():  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def put(self, key: str, value: str) -> None:
        await self.post("/v3/kv/put", {"key": text(key), "value": text(value)})

    async def delete(self, key: str) -> None:
        await self.post("/v3/kv/deleterange", {"key": text(key)})

    async def post(self, path: str, content: Any) -> Any:
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as http:
            response = await http.post(path, json=content)
        return response.raise_for_status().json()

    async def _is_ready(self) -> bool:
        try:
            await self.put("/ready", "yes")
        except httpx.HTTPError:
            return False
        return True


@asynccontextmanager
async def etcd_server(folder: Path) -> AsyncIterator[EtcdServer]:
    server = EtcdServer(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.kill()
