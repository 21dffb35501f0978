from collections.abc import AsyncIterator, Callable

import pytest

from gateway.clock import SystemClock
from gateway.transport.http1 import Http1Transport
from gateway.transport.origin import parse_origin
from gateway.upstreams.policy import InstanceSpec, UpstreamPolicy
from tests.support.scripted_server import ScriptedServer, scripted_server


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as running:
        yield running


@pytest.fixture
def policy(server: ScriptedServer) -> UpstreamPolicy:
    return UpstreamPolicy(
        name="scripted",
        instances=(InstanceSpec(server.url),),
        max_header_bytes=1024,
        max_response_bytes=4096,
    )


NewTransport = Callable[[UpstreamPolicy], Http1Transport]


@pytest.fixture
async def transport(
    server: ScriptedServer, policy: UpstreamPolicy
) -> AsyncIterator[Http1Transport]:
    client = Http1Transport(parse_origin(server.url), policy, SystemClock())
    yield client
    await client.close()
