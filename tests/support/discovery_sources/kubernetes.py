"""The EndpointSlices of the API of Kubernetes, listed and watched, over a socket."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.discovery_sources.replies import (
    begin_lines,
    end_lines,
    reply,
    send_line,
    target_of,
)
from tests.support.raw_service import RawService, raw_service
from tests.support.served_process import Connection

TOKEN = "the-token"  # noqa: S105 - of a fake
PATH = "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices"
EXPIRED = {
    "kind": "Status",
    "code": 410,
    "reason": "Expired",
    "message": "too old resource version",
}


def endpoint(address: str, zone: str = "", *, ready: bool | None = True) -> Any:
    hints = {"forZones": [{"name": zone}]} if zone else None
    conditions = {"ready": ready, "serving": ready, "terminating": False}
    return {
        "addresses": [address],
        "conditions": {} if ready is None else conditions,
        "zone": "a",
        **({"hints": hints} if hints else {}),
    }


def endpoint_slice(name: str, *endpoints: Any, ports: Any = None) -> dict[str, Any]:
    only = [{"name": "", "port": 8080, "protocol": "TCP"}]
    return {
        "metadata": {"name": name, "resourceVersion": "1"},
        "addressType": "IPv4",
        "endpoints": list(endpoints) or None,
        "ports": only if ports is None else ports,
    }


@dataclass
class FakeKubernetes:
    """The slices of a service. Its history begins after version `oldest`."""

    slices: dict[str, dict[str, Any]] = field(default_factory=dict)
    version: int = 1
    oldest: int = 0
    refusal: tuple[int, Any] | None = None
    """A status and a body in place of the right response."""
    url: str = ""
    targets: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)
    _history: list[tuple[int, Any]] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _ended: bool = False

    async def put(self, changed: dict[str, Any]) -> None:
        name = changed["metadata"]["name"]
        kind = "MODIFIED" if name in self.slices else "ADDED"
        self.slices[name] = changed
        await self.send({"type": kind, "object": changed})

    async def delete(self, name: str) -> None:
        await self.send({"type": "DELETED", "object": self.slices.pop(name)})

    async def send(self, event: Any) -> None:
        """Send an event, or raw bytes, to all watches."""
        async with self._changed:
            self.version += 1
            self._history.append((self.version, event))
            self._changed.notify_all()

    async def forget(self) -> None:
        """Lose the history, as a restarted server does; watches end."""
        async with self._changed:
            self.version += 5
            self.oldest = self.version
            self._ended = True
            self._changed.notify_all()

    @property
    def lists(self) -> int:
        return sum("watch" not in query for _, query in self.targets)

    async def serve(
        self, service: RawService, connection: Connection, head: bytes
    ) -> None:
        path, query = target_of(head)
        self.targets.append((path, query))
        if service.fields()["authorization"] != f"Bearer {TOKEN}":
            status = {"message": "Unauthorized", "code": 401}
            await reply(connection, status, status=401)
        elif self.refusal is not None:
            await reply(connection, self.refusal[1], status=self.refusal[0])
        elif "watch" in query:
            await self._watch(connection, int(query["resourceVersion"][0]))
        else:
            version = {"resourceVersion": str(self.version)}
            items = list(self.slices.values())
            await reply(connection, {"metadata": version, "items": items})

    async def _watch(self, connection: Connection, version: int) -> None:
        if version < self.oldest:
            await reply(connection, EXPIRED, status=410)
            return
        self._ended = False
        await begin_lines(connection)
        while True:
            async with self._changed:
                while not self._ended and not self._after(version):
                    await self._changed.wait()
            if self._ended:
                await send_line(connection, {"type": "ERROR", "object": EXPIRED})
                await end_lines(connection)
                return
            for at, event in self._after(version):
                await send_line(connection, event)
                version = at

    def _after(self, version: int) -> list[tuple[int, Any]]:
        return [each for each in self._history if each[0] > version]


def service_account(folder: Path, authority: Path | None = None) -> str:
    """Write the files that Kubernetes mounts into a pod."""
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text(f"{TOKEN}\n")
    (folder / "namespace").write_text("shop")
    if authority is not None:
        (folder / "ca.crt").write_bytes(authority.read_bytes())
    return str(folder)


@asynccontextmanager
async def fake_kubernetes(
    *slices: dict[str, Any], tls: ssl.SSLContext | None = None
) -> AsyncIterator[FakeKubernetes]:
    api = FakeKubernetes({each["metadata"]["name"]: each for each in slices})
    async with raw_service(api.serve, tls) as service:
        api.url = service.url
        yield api
