import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.certificates import Authority, Pem
from tests.support.scripted_server import ScriptedServer, scripted_server
from weir.gateway.clock import SystemClock
from weir.gateway.transport.http1.transport import Http1Transport
from weir.gateway.transport.origin import parse_origin
from weir.gateway.transport.policy import TransportPolicy


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as running:
        yield running


@pytest.fixture
def policy() -> TransportPolicy:
    return TransportPolicy(max_header_bytes=1024, max_response_bytes=4096)


@pytest.fixture
async def transport(
    server: ScriptedServer, policy: TransportPolicy
) -> AsyncIterator[Http1Transport]:
    client = Http1Transport(parse_origin(server.url), policy, SystemClock())
    yield client
    await client.close()


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="package")
def loopback(authority: Authority) -> Pem:
    return authority.issue("loopback", "IP:127.0.0.1,DNS:catalog.test")


def server_context(
    pem: Pem, clients: Path | None = None, alpn: tuple[str, ...] = ()
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem.cert, pem.key)
    if alpn:
        context.set_alpn_protocols(alpn)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context


class NewTransportTo(Protocol):
    def __call__(
        self, server: asyncio.Server | str, idle_s: float = 1.0
    ) -> Http1Transport: ...


@pytest.fixture
def new_transport_to(policy: TransportPolicy) -> NewTransportTo:
    def new(server: asyncio.Server | str, idle_s: float = 1.0) -> Http1Transport:
        if not isinstance(server, str):
            server = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        patient = replace(policy, idle_s=idle_s)
        return Http1Transport(parse_origin(server), patient, SystemClock())

    return new
