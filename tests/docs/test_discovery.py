"""The sources of docs/guides/traffic/discovery.md give a gateway its instances."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import orjson
import pytest

from tests.support.discovery_sources.consul import entry, fake_consul
from tests.support.discovery_sources.docker import container, fake_docker
from tests.support.discovery_sources.etcd import fake_etcd
from tests.support.discovery_sources.kubernetes import (
    endpoint,
    endpoint_slice,
    fake_kubernetes,
    service_account,
)
from tests.support.raw_service import RawService, ok, raw_service, responding
from tests.support.routed_gateway import routed_gateway

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "traffic" / "discovery.md"
BLOCKS: list[str] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
_, CONSUL, ETCD, KUBERNETES, DOCKER, FILE = BLOCKS
Source = Callable[[AsyncExitStack, Path, RawService], Awaitable[str]]
ROUTE = """\
upstream_defaults: {health: {active: false}}
routes: {users: {path: /users/*, proxy: {upstream: users}}}
"""


@pytest.fixture
async def service() -> AsyncIterator[RawService]:
    async with raw_service(responding(ok(b"found"))) as running:
        yield running


def port(service: RawService) -> int:
    return int(service.url.rpartition(":")[2])


async def consul(stack: AsyncExitStack, folder: Path, service: RawService) -> str:
    instance = entry("127.0.0.1", port(service))
    server = await stack.enter_async_context(fake_consul(instance))
    server.token = "from-a-file"  # noqa: S105 - of a fake
    (folder / "consul-token").write_text(server.token)
    return CONSUL.replace("http://127.0.0.1:8500", server.url)


async def etcd(stack: AsyncExitStack, folder: Path, service: RawService) -> str:
    del folder
    server = await stack.enter_async_context(fake_etcd(a=service.url))
    return ETCD.replace("http://10.0.0.5:2379", server.url)


async def kubernetes(stack: AsyncExitStack, folder: Path, service: RawService) -> str:
    ports = [{"name": "http", "port": port(service)}, {"name": "metrics", "port": 1}]
    slices = endpoint_slice("a", endpoint("127.0.0.1"), ports=ports)
    server = await stack.enter_async_context(fake_kubernetes(slices))
    own = f"api: {server.url}, account: {service_account(folder)}"
    return KUBERNETES.replace("zone:", f"{own}, zone:")


async def docker(stack: AsyncExitStack, folder: Path, service: RawService) -> str:
    containers = container("a", shop="127.0.0.1", other="127.0.0.9")
    server = await stack.enter_async_context(fake_docker(folder, containers))
    own = f"port: {port(service)}, socket: {server.socket}"
    return DOCKER.replace("port: 8080", own)


async def file(stack: AsyncExitStack, folder: Path, service: RawService) -> str:
    del stack
    (shown,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    urls = [
        each if isinstance(each, str) else each["url"] for each in orjson.loads(shown)
    ]
    for url in urls:
        shown = shown.replace(url, service.url)
    (folder / "users.json").write_text(shown)
    return FILE


@pytest.mark.parametrize("source", [consul, etcd, kubernetes, docker, file])
async def test_the_instances_of_a_source_of_the_page_get_requests(
    tmp_path: Path, service: RawService, source: Source
) -> None:
    async with AsyncExitStack() as stack:
        text = await source(stack, tmp_path, service)
        gateway = await stack.enter_async_context(
            routed_gateway(ROUTE + text, tmp_path)
        )
        async with httpx.AsyncClient() as client:
            response = await client.get(f"http://127.0.0.1:{gateway.port}/users/7")

    assert response.text == "found", response.text
    assert service.request_line == "GET /users/7 HTTP/1.1"
